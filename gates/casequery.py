"""The one query that reads everything a rollout is judged by."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    F,
    Func,
    OuterRef,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from accounts.facts import Rows, deciders_everywhere, person
from checklists import facts as checklists
from gates.models import (
    Condition,
    CriterionAnswer,
    CriterionException,
    Decision,
    GatedTranche,
    Outcome,
    Passage,
    Pause,
    Review,
    Rollout,
    SignOff,
    Slip,
)
from gates.voices import voice_subqueries
from initiatives import facts as initiatives
from metrics import facts as metrics
from operations import facts as operations
from risks import facts as risks


def with_facts(ids: Collection[int], *, of: str = "pk") -> list[Rollout]:
    """The rollouts whose field ``of`` is among the ids, with their facts, in one query.

    PostgreSQL takes four times as long to plan it as to run it, so each connection has it prepared:
    by the server, with the ids as its one parameter.
    """
    wanted = list(ids)

    def prepared(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        cursor = context["cursor"]
        cursor.cursor.close()
        cursor.cursor = _PreparingCursor(context["connection"].connection)
        return execute(_text(of), [wanted], many, context)

    connection.ensure_connection()  # a new one asks for types first, which is not to be prepared
    with connection.execute_wrapper(prepared):
        return list(_among(wanted, of))


def _among(ids: list[int], of: str) -> QuerySet[Rollout]:
    array = Value(ids, output_field=ArrayField(BigIntegerField()))
    among = Func(F(of), array, template="%(expressions)s)", arg_joiner=" = ANY(")
    among.output_field = BooleanField()
    return all_with_facts().filter(among)


class _PreparingCursor(psycopg.Cursor[Any]):
    """Has what it executes prepared. For that moment alone: a connection that prepares keeps the
    text of every statement, also of those that it never prepares."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, prepare=True)
        finally:
            self.connection.prepare_threshold = None


@cache
def _text(of: str) -> str:
    """The query with all that never changes written into it: what the server would have to guess
    the types of."""
    sql, (*constants, _ids) = _among([], of).query.sql_with_params()
    before, after = sql.rsplit("%s", 1)
    with connection.cursor() as cursor:
        written = cursor.mogrify(before, constants)
    return f"{written.replace('%', '%%')}%s{after}"


@cache
def all_with_facts() -> QuerySet[Rollout]:
    """Every rollout with its facts, to be narrowed. Putting this query together takes longer than
    narrowing and running it, so each process does it once."""
    mine = OuterRef("pk")
    return Rollout.objects.select_related(
        "initiative", "initiative__owner", "initiative__sponsor", "playbook"
    ).annotate(
        **checklists.subqueries("initiative_id"),
        **risks.subqueries("initiative_id"),
        **metrics.subqueries("initiative_id"),
        **operations.subqueries("initiative_id"),
        **initiatives.subqueries("initiative_id"),
        slips_data=Rows(
            Slip.objects.under_way().filter(passage__rollout=mine).order_by("passage__gate"),
            gate=F("passage__gate"),
            since="since",
            text="text",
        ),
        tranches_data=Rows(
            GatedTranche.objects.ready()
            .filter(initiative=OuterRef("initiative_id"))
            .order_by("pk"),
            id="id",
            stage="stage",
            amount=Cast("approved", CharField()),  # a number would become a float
            currency="currency",
            asker=person("requested_by"),
            owner_then=person("owner_then"),
        ),
        answers_data=Rows(
            CriterionAnswer.objects.filter(rollout=mine, stands=True),
            criterion="criterion",
            verdict="verdict",
            note="note",
            evidence=F("evidence_id"),
            title=F("evidence__title"),
            author=person("evidence__added_by"),
            judge=person("answered_by"),
            valid_until="valid_until",
            answered_at="answered_at",
        ),
        exceptions_data=Rows(
            CriterionException.objects.approved().filter(rollout=mine).order_by("expires", "id"),
            id="id",
            criterion="criterion",
            reason="reason",
            expires="expires",
            asker=person("asked_by"),
            owner_then=person("owner_then"),
            approver=person("approved_by"),
        ),
        reviews_data=Rows(
            Review.objects.under_way().filter(rollout=mine).order_by(),
            id="id",
            gate="gate",
            state="state",
            due="due",
            submitted_at="submitted_at",
            submitter=person("submitted_by"),
            owner=F("submitted_facts__owner__id"),
        ),
        sign_offs_data=Rows(
            SignOff.objects.filter(
                review__rollout=mine, review__state__in=("open", "submitted")
            ).order_by("given_at", "pk"),
            review="review_id",
            remit="remit",
            verdict="verdict",
            note="note",
            by=person("given_by"),
            stood_for=person("delegation__delegate_from"),
            answer="answer",
            answerer=person("answered_by"),
        ),
        **voice_subqueries(),
        conditions_data=Rows(
            Condition.objects.filter(
                rollout=mine, decision__passage__void_since__isnull=True
            ).order_by("id"),
            id="id",
            gate=F("decision__gate"),
            blocker="blocker",
            text="text",
            due="due",
            owner=person("owner"),
            closed=F("closed_at"),
        ),
        closers_data=Rows(
            Condition.objects.filter(rollout=mine, closed_by__isnull=False)
            .order_by()
            .values("closed_by_id")
        ),
        gates_passed=Rows(
            Passage.objects.filter(rollout=mine, void_since__isnull=True).values("gate")
        ),
        holds_data=Rows(
            Decision.objects.filter(
                rollout=mine,
                outcome=Outcome.HOLD,
                decided_at__gte=OuterRef("stage_entered_at"),
            )
            .order_by()
            .values("gate")
        ),
        paused_data=Rows(
            Pause.objects.filter(rollout=mine, resumed_at__isnull=True).values("paused_at")
        ),
        deciders_data=deciders_everywhere(),
    )
