"""The ways in: signing in, setting up, accepting an invitation."""

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.errors import Refused
from accounts.forms import NewPassword, SetupForm
from accounts.models import User
from accounts.services import invitations
from accounts.services.setup import create_first_administrator

BACKEND = "accounts.backends.Backend"


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """allauth's sign-in; the very first visitor sets Clearway up instead."""
    if not User.objects.administrators().exists():
        return redirect("accounts:setup")
    demo = {"demo_people": DEMO_PEOPLE, "demo_password": DEMO_PASSWORD} if settings.DEMO else {}
    return LoginView.as_view(extra_context=demo)(request)


@require_POST
@login_not_required
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as somebody of the sample portfolio, without a password. Demo mode only."""
    if not settings.DEMO:
        raise Http404
    known = [person.email for person in DEMO_PEOPLE]
    user = get_object_or_404(
        User.objects.active().filter(email__in=known), email=request.POST.get("email", "")
    )
    login(request, user, backend=BACKEND)
    return redirect(safe_next(request))


def safe_next(request: HttpRequest) -> str:
    """Where the form says to go on to, if that is on this site; else the start page."""
    target = request.POST.get(REDIRECT_FIELD_NAME, "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else settings.LOGIN_REDIRECT_URL


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@login_not_required
def setup(request: HttpRequest) -> HttpResponse:
    """The first visitor, with the code that the server printed, becomes the administrator."""
    if User.objects.administrators().exists():
        return redirect("account_login")
    form = SetupForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            user = create_first_administrator(
                code=data["code"],
                email=data["email"],
                name=data["name"],
                password=data["password1"],
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, refused.reasons)
        else:
            login(request, user, backend=BACKEND)
            messages.success(request, "Clearway is yours. Invite the program office next.")
            return redirect("accounts:people")
    return render(request, "accounts/setup.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@login_not_required
def accept_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose a name and a password, and be signed in."""
    try:
        invitation = invitations.find(secret=secret, at=timezone.now())
    except Refused as refused:
        return render(request, "accounts/invitation_gone.html", {"reason": refused}, status=410)
    form = NewPassword(request.POST or None, initial={"name": invitation.name})
    form.email_address = invitation.email
    if form.is_valid():
        try:
            user = invitations.accept(
                secret=secret,
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password1"],
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, refused.reasons)
        else:
            login(request, user, backend=BACKEND)
            messages.success(request, f"Welcome, {user}. Your account is ready.")
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(
        request, "accounts/accept_invitation.html", {"form": form, "invitation": invitation}
    )
