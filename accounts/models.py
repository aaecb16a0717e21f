"""People, the roles they were given, invitations, and the tokens of their programs."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.demo import closed_addresses
from accounts.roles import PERMISSIONS, Remit, Role


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def administrators(self) -> "UserQuerySet":
        """Administrators who can sign in. Clearway is set up as soon as there is one."""
        return self.active().in_role(Role.ADMINISTRATOR).exclude(email__in=closed_addresses())

    def in_role(self, role: str) -> "UserQuerySet":
        """Everybody who holds the role, whether or not they can still sign in."""
        return self.filter(
            models.Exists(Grant.objects.filter(user=models.OuterRef("pk"), role=role))
        )


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, name: str, password: str | None = None) -> "User":
        """A person who can sign in; without a password only an invitation or reset gives one."""
        user = self.model(email=self.normalize_email(email).strip(), name=name.strip())
        user.set_password(password)
        user.save(using=self._db)
        return user


class Theme(models.TextChoices):
    SYSTEM = "", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractBaseUser):
    """A person, known by an e-mail address. Never deleted: a leaver is made inactive."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    theme = models.CharField(
        _("appearance"), max_length=5, choices=Theme.choices, default=Theme.SYSTEM, blank=True
    )

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_one_per_email",
                violation_error_message=_("Somebody already uses this e-mail address."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        words = self.name.split()
        return (words[0][0] + words[-1][0]).upper() if len(words) > 1 else self.name[:2].upper()

    @cached_property
    def _grants(self) -> list[tuple[str, str]]:
        return list(self.grants.values_list("role", "remit"))

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _remit in self._grants)

    @cached_property
    def remits(self) -> frozenset[str]:
        """What this person may sign off for as a reviewer."""
        return frozenset(remit for role, remit in self._grants if role == Role.REVIEWER)

    @cached_property
    def permissions(self) -> frozenset[str]:
        return frozenset().union(*(PERMISSIONS[role] for role in self.roles))

    def may(self, permission: str) -> bool:
        """Whether any of this person's roles carries the permission."""
        return self.is_active and permission in self.permissions


class Grant(models.Model):
    """One role of one person; a reviewer has one grant for each remit."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    remit = models.CharField(max_length=20, choices=Remit.choices, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "remit"], name="accounts_grant_once"),
            models.CheckConstraint(
                name="accounts_grant_remit_for_reviewers_only",
                condition=models.Q(role=Role.REVIEWER) & ~models.Q(remit="")
                | ~models.Q(role=Role.REVIEWER) & models.Q(remit=""),
            ),
        ]

    def __str__(self) -> str:
        if self.remit:
            return f"{self.get_role_display()}: {self.get_remit_display()}"
        return str(self.get_role_display())


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; some may have run out and can be sent anew."""
        return self.filter(accepted_at__isnull=True)


class Invitation(models.Model):
    """A place kept for somebody: only the digest of the link's secret is stored."""

    email = models.EmailField(_("e-mail address"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    grants = models.JSONField(default=list)
    """Pairs of role and remit, given to the person on acceptance."""
    secret_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_by = models.OneToOneField(User, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_invitation_accepted_paired",
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_one_pending_invitation",
                condition=models.Q(accepted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class SetupCode(models.Model):
    """The code that lets the first visitor become the first administrator; one at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="accounts_one_setup_code", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"issued {self.issued_at}"


MOST_DAYS = 365


class TokenQuerySet(models.QuerySet["Token"]):
    def working(self, at: datetime) -> "TokenQuerySet":
        """Neither revoked nor run out."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=at)

    def newest_first(self) -> "TokenQuerySet":
        return self.order_by("-created_at", "-pk")


class Token(models.Model):
    """A program's way in as the person it acts for: only the digest of its secret is stored.

    ``prefix`` is the secret's beginning, by which people tell tokens apart. ``writes`` lets it
    change something. A ``narrowed`` one reaches what ``metrics.TokenScope`` names and nothing
    else, also once all of that is gone.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=50)
    prefix = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    writes = models.BooleanField(default=False)
    narrowed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    last_used_on = models.DateField(null=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_token_revoked_paired",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
            models.CheckConstraint(
                name="accounts_token_runs_out_within_a_year",
                condition=Q(
                    expires_at__gt=F("created_at"),
                    expires_at__lte=F("created_at") + timedelta(days=MOST_DAYS),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentAnswer(models.Model):
    """What a request with an idempotency key was answered, so that a repeated one gets it again.

    Written in the transaction of what the request changed. Keys of a token and of its person's
    own session are apart. ``request`` is the SHA-256 of method, address and body.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token = models.ForeignKey(Token, null=True, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "token", "key"],
                name="accounts_answered_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            # The hourly sweep forgets the oldest.
            models.Index(fields=["created_at"], name="accounts_answers_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
