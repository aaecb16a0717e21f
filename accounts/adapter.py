"""How allauth behaves here."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.demo import closed_addresses


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "E-mail address and password do not belong together. "
            "Check both, or choose a new password by mail."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Passwords are counted by axes; ``login_failed`` counts the codes of the second step."""

    def pre_login(
        self, request: HttpRequest, user: AbstractBaseUser, **how: Any
    ) -> HttpResponse | None:
        if user.get_username() in closed_addresses():
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **how)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On our own address, whatever host the request names: its sender may be an attacker."""
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return urljoin(settings.BASE_URL, path)
