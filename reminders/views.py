"""What was told to whom; and, in the demo, the mail itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.permissions import needs
from accounts.roles import Permission
from reminders.models import DemoMail, Sending

PER_PAGE = 50


@needs(Permission.EDIT_ALL)
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Every reminder, newest first, for the program office."""
    words = request.GET.get("q", "").strip()
    sendings = Sending.objects.newest_first().select_related("recipient")
    if words:
        sendings = sendings.filter(
            Q(title__icontains=words)
            | Q(recipient__name__icontains=words)
            | Q(path__icontains=f"/{words}/")
        )
    page = Paginator(sendings, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "reminders/sent.html", {"page": page, "words": words})


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For everybody who came to the demo, signed in or not; elsewhere there is no such page."""

    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
def mailbox(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    mails = DemoMail.objects.all()
    if words:
        mails = mails.filter(Q(recipients__icontains=words) | Q(subject__icontains=words))
    page = Paginator(mails, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "reminders/mailbox.html", {"page": page, "words": words, "nav": "mailbox"}
    )


@demo_only
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    kept = get_object_or_404(DemoMail, pk=pk)
    return render(request, "reminders/mail.html", {"mail": kept, "nav": "mailbox"})
