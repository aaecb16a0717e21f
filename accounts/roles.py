"""Who may do what across the organisation, as data. What a person may do on one initiative
(owner, sponsor, contributor) is decided where initiatives are known."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    PROGRAM_OFFICE = "program_office", _("Program office")
    EXECUTIVE = "executive", _("Executive")
    REVIEWER = "reviewer", _("Reviewer")


class Remit(models.TextChoices):
    """What a reviewer answers for; the playbook says which gates ask which remit."""

    BUSINESS = "business", _("Business")
    ENGINEERING = "engineering", _("Engineering")
    SECURITY = "security", _("Security")
    GOVERNANCE = "governance", _("Governance, legal and risk")
    OPERATIONS = "operations", _("Operations")
    FUNDING = "funding", _("Funding and ownership")
    CHANGE = "change", _("Change management")


class Permission(models.TextChoices):
    PEOPLE = "people", _("Invite people and set their roles")
    SEE_ALL = "see_all", _("See every initiative")
    EDIT_ALL = "edit_all", _("Edit every initiative and open its reviews")
    ADD = "add", _("Add initiatives")
    IMPORT = "import", _("Import inventories and take imports back")
    ASSIGN = "assign", _("Assign owners and sponsors")
    DECIDE_ALL = "decide_all", _("Decide at any gate")
    SIGN_OFF = "sign_off", _("Sign off or object within a remit")
    EXPORT = "export", _("Export what is shown")
    PUBLISH = "publish", _("Change and publish the playbook, and move rollouts to it")
    CONNECT = "connect", _("Say which systems hear of events")
    MANAGE_MONEY = "manage_money", _("Set up funds, approve money and release it after its gate")
    MEET = "meet", _("Call gate meetings, change and close them")


PERMISSIONS: dict[str, frozenset[str]] = {
    Role.ADMINISTRATOR: frozenset({Permission.PEOPLE, Permission.CONNECT}),
    Role.PROGRAM_OFFICE: frozenset(
        {
            Permission.SEE_ALL,
            Permission.EDIT_ALL,
            Permission.ADD,
            Permission.IMPORT,
            Permission.ASSIGN,
            Permission.DECIDE_ALL,
            Permission.EXPORT,
            Permission.MANAGE_MONEY,
            Permission.MEET,
            Permission.PUBLISH,
        }
    ),
    Role.EXECUTIVE: frozenset({Permission.SEE_ALL, Permission.EXPORT}),
    Role.REVIEWER: frozenset({Permission.SEE_ALL, Permission.SIGN_OFF, Permission.EXPORT}),
}
