"""Whose password and whose session count."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.demo import closed_addresses


class Backend(AuthenticationBackend):
    """allauth's, with the sample's people shut out where the demo is off.

    A database that once was the demo may be in real use now, and their password is public.
    """

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        may = super().user_can_authenticate(user)
        return may and user is not None and user.get_username() not in closed_addresses()
