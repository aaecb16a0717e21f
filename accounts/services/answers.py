"""Requests that carry an idempotency key: carried out once, answered alike as often as asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import IdempotentAnswer, Token, User

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Keyed:
    """One request under its key. ``request`` is the digest of all that it asks for."""

    user: User
    token: Token | None
    key: str
    request: str

    def wait(self) -> None:
        """Wait until no other transaction carries out a request under this key, and keep others
        waiting until this one ends."""
        lock = f"clearway.answer:{self.user.pk}:{self.token.pk if self.token else ''}:{self.key}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])

    def answered(self) -> IdempotentAnswer | None:
        """The answer that was kept, if any. Call after waiting."""
        return IdempotentAnswer.objects.filter(
            user=self.user, token=self.token, key=self.key
        ).first()

    def keep(self, *, status: int, body: str, at: datetime) -> None:
        """Keep what the request was answered, in the transaction of what it changed."""
        IdempotentAnswer.objects.create(
            user=self.user,
            token=self.token,
            key=self.key,
            request=self.request,
            status=status,
            body=body,
            created_at=at,
        )


def forget_answers(*, at: datetime) -> int:
    """Delete the answers that nobody repeats a request for any more; return how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=at - KEPT_FOR).delete()[0]
