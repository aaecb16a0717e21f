"""People: who is here, what they may do, who is invited."""

from smtplib import SMTPException

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused
from accounts.forms import InvitationForm, RolesForm
from accounts.mail import letter
from accounts.models import Invitation, User
from accounts.permissions import needs, reader
from accounts.roles import Permission
from accounts.services import invitations
from accounts.services import people as services
from accounts.services.shared import in_words
from audit.models import Event
from audit.services import SYSTEM

PER_PAGE = 50


@needs(Permission.PEOPLE)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    everybody = User.objects.order_by("-is_active", "name", "pk").prefetch_related("grants")
    if words:
        everybody = everybody.filter(Q(name__icontains=words) | Q(email__icontains=words))
    page = Paginator(everybody, PER_PAGE).get_page(request.GET.get("page"))
    pending = list(Invitation.objects.pending().select_related("invited_by").order_by("invited_at"))
    return render(
        request,
        "accounts/people.html",
        {
            "nav": "people",
            "page": page,
            "words": words,
            "pending": [(invitation, in_words(invitation.grants)) for invitation in pending],
            "now": timezone.now(),
        },
    )


@needs(Permission.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        try:
            invitation, secret = invitations.invite(
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                grants=form.grants,
                by=reader(request),
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, refused.reasons)
        else:
            _send(request, invitation, secret)
            return redirect("accounts:people")
    return render(request, "accounts/invite.html", {"form": form, "nav": "people"})


@needs(Permission.PEOPLE)
@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        invitation, secret = invitations.resend(
            invitation=get_object_or_404(Invitation, pk=pk), by=reader(request), at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        _send(request, invitation, secret)
    return redirect("accounts:people")


@needs(Permission.PEOPLE)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        invitations.withdraw(invitation=invitation, by=reader(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"The invitation of {invitation.name} is withdrawn.")
    return redirect("accounts:people")


def _send(request: HttpRequest, invitation: Invitation, secret: str) -> None:
    """Only now, after the transaction: a mail cannot be rolled back."""
    mail = letter(
        to=invitation.email,
        subject=f"{reader(request)} invites you to Clearway",
        text=f"{invitation.name}, {reader(request)} keeps a place for you in Clearway, which takes "
        "AI initiatives from pilot to production. Choose a name and a password to begin.",
        path=reverse("accounts:accept", args=[secret]),
        act="Accept the invitation",
        why=f"The link works once, until {invitation.expires_at:%d %B %Y}. If you expected no "
        "invitation, ignore it.",
    )
    try:
        mail.send()
    except (SMTPException, OSError):
        messages.error(
            request,
            f"The invitation is kept, but the mail to {invitation.email} could not be sent. "
            "Send it again in a while.",
        )
    else:
        messages.success(request, f"Invitation sent to {invitation.email}.")


@needs(Permission.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    form = RolesForm(request.POST or None, initial=RolesForm.initial_of(user))
    if form.is_valid():
        try:
            services.set_grants(
                user=user, grants=form.grants, by=reader(request), at=timezone.now()
            )
        except Refused as refused:
            form.add_error(None, refused.reasons)
        else:
            messages.success(request, f"{user}: {in_words(form.grants)}.")
            return redirect("accounts:people")
    history = Event.objects.of(SYSTEM).filter(data__user=user.pk).newest_first()[:20]
    return render(
        request,
        "accounts/person.html",
        {"person": user, "form": form, "history": history, "nav": "people"},
    )


@needs(Permission.PEOPLE)
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    try:
        services.deactivate(user=user, by=reader(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:person", pk=pk)
    messages.success(request, f"{user} can no longer sign in.")
    return redirect("accounts:people")


@needs(Permission.PEOPLE)
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    services.reactivate(user=user, by=reader(request), at=timezone.now())
    messages.success(request, f"{user} can sign in again.")
    return redirect("accounts:person", pk=pk)
