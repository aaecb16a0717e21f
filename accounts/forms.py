"""Forms about people."""

from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as allauth
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Theme, User
from accounts.roles import Remit, Role
from accounts.services.shared import Given, given
from accounts.text import written
from look.forms import Form, ModelForm, Worded

ROLE_MEANS = {
    Role.ADMINISTRATOR: _("Invites people and sets their roles. Sees no initiative by itself."),
    Role.PROGRAM_OFFICE: _("Sees and edits everything, imports, assigns owners, decides at gates."),
    Role.EXECUTIVE: _("Sees everything and exports it. Decides where named as sponsor."),
}


class InOurWords(Worded):
    """allauth's forms with labels of ours, and nothing said only by a placeholder."""

    labels = {
        "login": _("E-mail address"),
        "email": _("E-mail address"),
        "remember": _("Stay signed in on this computer"),
        "oldpassword": _("Password until now"),
        "password1": _("New password"),
        "password2": _("New password, once more"),
        "code": _("Code"),
    }
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""


class SignInForm(InOurWords, allauth.LoginForm):
    pass


class ForgottenForm(InOurWords, allauth.ResetPasswordForm):
    pass


class ReplaceForm(InOurWords, allauth.ResetPasswordKeyForm):
    pass


class ChangeForm(InOurWords, allauth.ChangePasswordForm):
    pass


class ConfirmForm(InOurWords, allauth.ReauthenticateForm):
    pass


class CodeForm(InOurWords, mfa.AuthenticateForm):
    pass


class CodeAgainForm(InOurWords, mfa.ReauthenticateForm):
    pass


class ActivateCodeForm(InOurWords, totp.ActivateTOTPForm):
    pass


class NewPassword(Form):
    """A name and a password of one's own choice."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("As colleagues know you. It is kept with everything you do."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        validators=[written],
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("Eight characters or more; not a common password, not only digits."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    email_address = ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        password = data.get("password1")
        if password and data.get("password2") and password != data["password2"]:
            self.add_error("password2", _("This differs from the password above. Type it again."))
        if password:
            person = User(
                email=data.get("email") or self.email_address, name=data.get("name") or ""
            )
            try:
                password_validation.validate_password(password, person)
            except ValidationError as error:
                self.add_error("password1", error)
        return data


class SetupForm(NewPassword):
    """The first administrator."""

    code = forms.CharField(
        label=_("Code"),
        max_length=100,
        help_text=_(
            "The server printed it when it started. “manage.py setup_code” prints another."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    field_order = ["code", "name", "email", "password1", "password2"]


class RolesForm(Form):
    """What somebody may do across the organisation."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        choices=[(role.value, role.label) for role in ROLE_MEANS],
        widget=forms.CheckboxSelectMultiple,
    )
    remits = forms.MultipleChoiceField(
        label=_("Reviewer of"),
        required=False,
        choices=Remit.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    @classmethod
    def initial_of(cls, user: User) -> dict[str, list[str]]:
        return {"roles": sorted(user.roles), "remits": sorted(user.remits)}

    def role_lines(self) -> list[tuple[Any, Any]]:
        """Each role's checkbox with what the role means."""
        return [(box, ROLE_MEANS[Role(str(box.data["value"]))]) for box in self["roles"]]

    @property
    def grants(self) -> list[Given]:
        return given(self.cleaned_data["roles"], self.cleaned_data["remits"])


class InvitationForm(RolesForm):
    name = Invitation._meta.get_field("name").formfield(label=_("Name"), validators=[written])
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The invitation goes here; later they sign in with it."),
    )

    field_order = ["name", "email", "roles", "remits"]


def time_zones() -> list[tuple[str, str]]:
    """Zones named by a place, and UTC."""
    places = (zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in sorted(places))]


class ProfileForm(ModelForm):
    name = User._meta.get_field("name").formfield(validators=[written])
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        help_text=_(
            "Times on pages are shown in it. Days that something is due are the same everywhere."
        ),
    )
    theme = forms.ChoiceField(
        label=_("Appearance"), choices=Theme.choices, required=False, widget=forms.RadioSelect
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "theme"]
