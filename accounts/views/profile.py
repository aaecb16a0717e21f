"""What people say of themselves, and how pages look to them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import ProfileForm
from accounts.middleware import remember_theme
from accounts.models import Theme, User
from accounts.permissions import reader
from accounts.services.people import edit_profile, set_theme
from accounts.views.entrance import safe_next


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    # A copy: the form writes into what it is given, valid or not, and the page shows the reader.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=reader(request).pk))
    if form.is_valid():
        data = form.cleaned_data
        edit_profile(
            user=reader(request),
            name=data["name"],
            time_zone=data["time_zone"],
            theme=data["theme"],
            at=timezone.now(),
        )
        messages.success(request, "Your profile is saved.")
        response = redirect("accounts:profile")
        remember_theme(response, data["theme"])
        return response
    return render(request, "accounts/profile.html", {"form": form, "nav": "profile"})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system, from the menu of every page."""
    chosen = request.POST.get("theme", "")
    if chosen not in Theme.values:
        chosen = Theme.SYSTEM
    set_theme(user=reader(request), theme=chosen)
    response = redirect(safe_next(request))
    remember_theme(response, chosen)
    return response
