"""What may stand in a name."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# Line ends and tabs are left to whoever squeezes or keeps them.
written = RegexValidator(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]",
    _("Remove the control characters: they cannot be seen, and no spreadsheet takes them."),
    inverse_match=True,
)
