"""Tokens: people make and revoke their own; the administrator sees and revokes all."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Token, TokenQuerySet, User
from accounts.permissions import needs, reader
from accounts.roles import Permission
from accounts.services.tokens import issue_token, revoke_token
from api.forms import TokenForm
from gates.forms.shared import refuse
from gates.views.page import REFUSED
from initiatives.errors import Refused
from metrics.models import TokenScope
from metrics.scopes import narrow

A_PAGE = 50


def _shown(tokens: TokenQuerySet) -> TokenQuerySet:
    scopes = TokenScope.objects.select_related("initiative", "metric").order_by("pk")
    return (
        tokens.newest_first()
        .select_related("user", "revoked_by")
        .prefetch_related(Prefetch("scopes", scopes))
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens, and a form for one more, whose secret is shown this once."""
    user, now = reader(request), timezone.now()
    form = TokenForm(request.POST if request.method == "POST" else None, user=user)
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            secret = _issue(form, user)
        except Refused as refused:
            refuse(form, refused)
        else:
            form = TokenForm(user=user)
    page = Paginator(_shown(Token.objects.filter(user=user)), A_PAGE)
    return render(
        request,
        "api/tokens.html",
        {
            "form": form,
            "secret": secret,
            "page": page.get_page(request.GET.get("page")),
            "now": now,
            "nav": "profile",
        },
        status=REFUSED if form.errors else 200,
    )


@transaction.atomic
def _issue(form: TokenForm, user: User) -> str:
    said = form.cleaned_data
    token, secret = issue_token(
        user=user,
        name=said["name"],
        days=said["days"],
        writes=said["writes"],
        narrowed=form.narrowed,
        at=timezone.now(),
    )
    if form.narrowed:
        narrow(token=token, initiatives=form.initiatives, metrics=form.metrics)
    return secret


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token: one's own, or as an administrator anybody's."""
    user = reader(request)
    own = Q() if user.may(Permission.PEOPLE) else Q(user=user)
    token = get_object_or_404(Token.objects.filter(own), pk=pk)
    revoke_token(token=token, by=user, at=timezone.now())
    messages.success(request, _("%(name)s is revoked. It works no more.") % {"name": token.name})
    return redirect("api:tokens" if token.user_id == user.pk else "api:all_tokens")


@needs(Permission.PEOPLE)
@require_safe
def all_tokens(request: HttpRequest) -> HttpResponse:
    """Everybody's tokens, newest first, without anything of their secrets but how they begin."""
    words = request.GET.get("q", "").strip()
    found = Token.objects.all()
    if words:
        found = found.filter(Q(name__icontains=words) | Q(user__name__icontains=words))
    page = Paginator(_shown(found), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "words": words, "now": timezone.now(), "nav": "people"}
    return render(request, "api/all_tokens.html", context)
