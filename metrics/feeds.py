"""Fetching figures: set up, claimed as rows, asked of the address, recorded like any other."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from django.db import transaction

from accounts.models import User
from audit.outgoing import Answer, Unreachable, send, target_of
from audit.services import acting_through
from initiatives.errors import Refused
from initiatives.permissions import may_edit
from initiatives.services import conclude, lock
from metrics.models import Feed, FeedKind, Metric, Source
from metrics.observations import Reading, record_observations

LEAST_SECONDS = 5
AT_A_TIME = 50
FAILED_WAIT = timedelta(minutes=5)
"""The least time until an address that gave no figure is asked again: one that answers nobody keeps
a process waiting for as long as it may."""


class NoFigure(Exception):
    """The answer holds no figure: the words say what it holds instead."""


@transaction.atomic
def set_up_feed(
    *, metric: Metric, kind: str, url: str, query: str, every_seconds: int, by: User, at: datetime
) -> Feed:
    """Have a metric's figure fetched from now on.

    The trail names the host and keeps the rest of the address to itself. Raises Refused for an
    address that leads inside and that the administrator did not allow, for asking more often than
    every five seconds, and for a second address of one metric.
    """
    reasons = []
    if every_seconds < LEAST_SECONDS:
        reasons.append(f"Every so many seconds: give {LEAST_SECONDS} or more.")
    if not query.strip():
        reasons.append("Query: say what to ask for.")
    try:
        target_of(url)
    except Unreachable as unreachable:
        reasons.append(f"Address: {unreachable}")
    if reasons:
        raise Refused(reasons)
    # The host was looked up before anybody waits for this lock.
    initiative = lock(metric.initiative_id)
    for other in Feed.objects.running().filter(metric=metric):
        raise Refused([f"It is fetched from {other.host} already. Fetch no more from there first."])
    feed = Feed.objects.create(
        metric=Metric.objects.live().get(pk=metric.pk),
        kind=kind,
        url=url.rstrip("/") if kind == FeedKind.PROMETHEUS else url,
        query=query.strip(),
        every_seconds=every_seconds,
        next_at=at,
        made_by=by,
        made_at=at,
    )
    conclude(
        initiative=initiative,
        verb="feed.set_up",
        summary=f"{metric.name} is fetched from {feed.host}",
        data={"feed": feed.pk, "metric": metric.pk, "host": feed.host},
        by=by,
        at=at,
    )
    return feed


@transaction.atomic
def end_feed(*, feed: Feed, by: User, at: datetime) -> None:
    """Fetch no more; what was recorded stays."""
    initiative = lock(feed.metric.initiative_id)
    if Feed.objects.running().filter(pk=feed.pk).update(ended_at=at, ended_by=by):
        conclude(
            initiative=initiative,
            verb="feed.ended",
            summary=f"{feed.metric.name} is no longer fetched from {feed.host}",
            data={"feed": feed.pk, "metric": feed.metric_id},
            by=by,
            at=at,
        )


def claim_feeds(*, at: datetime) -> list[Feed]:
    """Take some of the feeds that are due: each is taken once, and is due again after its time,
    whatever becomes of whoever took it."""
    with transaction.atomic():
        due = list(
            Feed.objects.running()
            .filter(next_at__lte=at)
            .order_by("next_at")
            .select_for_update(skip_locked=True, of=("self",))[:AT_A_TIME]
        )
        for feed in due:
            feed.next_at, feed.asked_at = at + timedelta(seconds=feed.every_seconds), at
        Feed.objects.bulk_update(due, ["next_at", "asked_at"])
    return due


def fetch(*, feed: Feed, at: datetime) -> None:
    """Ask the address and record its figure, about the moment of the claim where the answer names
    none; what hinders it stands on the feed."""
    try:
        if not (feed.made_by.is_active and may_edit(feed.made_by, feed.metric.initiative)):
            raise NoFigure(f"{feed.made_by} set it up and may no longer. Set it up anew.")
        _record(feed, *read(feed, at), at)
        said = ""
    except (Unreachable, NoFigure) as problem:
        said = str(problem)
    except Refused as refused:
        said = " ".join(refused.reasons)
    asked = Feed.objects.filter(pk=feed.pk)
    asked.update(said=said[:300])
    if said:
        asked.filter(next_at__lt=at + FAILED_WAIT).update(next_at=at + FAILED_WAIT)


@transaction.atomic
def _record(feed: Feed, moment: datetime, value: float, at: datetime) -> None:
    """Record the figure, unless the feed was stopped while its address was asked."""
    initiative = lock(feed.metric.initiative_id)
    if not Feed.objects.running().filter(pk=feed.pk).exists():
        return
    with acting_through(f"the feed from {feed.host}"):
        record_observations(
            initiative=initiative,
            readings=[Reading(feed.metric_id, moment, value)],
            source=Source.PULL,
            by=feed.made_by,
            at=at,
            through=f"feed {feed.pk}",
        )


def read(feed: Feed, at: datetime) -> tuple[datetime, float]:
    """The figure that the address answers with, and the moment that it is about.

    Raises Unreachable or NoFigure.
    """
    if feed.kind == FeedKind.PROMETHEUS:
        query = urlencode({"query": feed.query, "time": f"{at.timestamp():.3f}"})
        return _sample(_parsed(send("GET", f"{feed.url}/api/v1/query?{query}")))
    return at, _number(_at(_parsed(send("GET", feed.url)), feed.query))


def _parsed(answer: Answer) -> Any:
    if answer.status != 200:
        raise NoFigure(f"It answered {answer.status}.")
    if not answer.whole:
        raise NoFigure("Its answer is too long.")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise NoFigure("Its answer is no JSON.") from None


def _sample(parsed: Any) -> tuple[datetime, float]:
    """The one sample of a Prometheus answer."""
    if not isinstance(parsed, Mapping) or parsed.get("status") != "success":
        raise NoFigure("Prometheus did not answer the query.")
    data = parsed.get("data")
    result = data.get("result") if isinstance(data, Mapping) else None
    if isinstance(data, Mapping) and data.get("resultType") == "scalar":
        sample = result
    elif isinstance(result, list) and len(result) == 1 and isinstance(result[0], Mapping):
        sample = result[0].get("value")
    else:
        count = len(result) if isinstance(result, list) else 0
        if not count:
            raise NoFigure("The query found nothing. Look at the names and labels in it.")
        raise NoFigure(f"The query found {count} series. It must find one: aggregate it.")
    if not isinstance(sample, list) or len(sample) != 2:
        raise NoFigure("The query does not end in one value.")
    try:
        moment = datetime.fromtimestamp(_number(sample[0]), UTC)
    except (ValueError, OverflowError, OSError):
        raise NoFigure("The moment of its value is none that a clock shows.") from None
    return moment, _number(sample[1])


def _at(parsed: Any, way: str) -> Any:
    for step in way.split("."):
        if isinstance(parsed, Mapping) and step in parsed:
            parsed = parsed[step]
        elif isinstance(parsed, list) and step.isdecimal() and int(step) < len(parsed):
            parsed = parsed[int(step)]
        else:
            raise NoFigure(f"Its answer has nothing at “{step}” of “{way}”.")
    return parsed


def _number(value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise NoFigure("What it answers with is no number.") from None
    if not isfinite(number):
        raise NoFigure("What it answers with is no finite number.")
    return number
