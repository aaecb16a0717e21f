"""The start page: what each role comes for."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from accounts.permissions import reader as reader_of
from accounts.roles import Permission, Role
from portfolio.views.attention import attention_and_table
from portfolio.views.dashboard import dashboard
from portfolio.views.personal import inbox, tasks


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first that fits of: what needs attention, the dashboard, the inbox, people, tasks."""
    reader = reader_of(request)
    if Role.PROGRAM_OFFICE in reader.roles:
        return attention_and_table(request)
    if Role.EXECUTIVE in reader.roles:
        return dashboard(request)
    if reader.remits:
        return inbox(request)
    if reader.may(Permission.PEOPLE):
        return redirect("accounts:people")
    return tasks(request)
