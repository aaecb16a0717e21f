"""Schemathesis plays the API against its own document, in this process, on real rows.

It draws requests that keep the document and requests that break it. Of those that keep it, most
numbers and keys are replaced by ones that exist, or hardly any would get past “not found”.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from unittest.mock import patch

import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished
from schemathesis.generation import GenerationMode
from schemathesis.hooks import unregister
from schemathesis.transport.wsgi import WSGITransport

from api.entrance import KEY_HEADER
from gates.models import Review
from gates.models.decisions import Decision
from initiatives.models import Evidence
from metrics.models import Metric
from tests.api.calling import secret_of
from tests.ratchets.world import make_cast, make_underway

# Where a number or key stands in an address or a body -> what exists of it.
Known = Mapping[str, Sequence[Any]]
OFTEN = 0.8
SOCKET_SETTINGS = ("max_redirects", "verify", "cert", "proxies")


@dataclass
class Report:
    """``cases`` counts every request that was judged."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    carried_out: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def make_world(at: datetime) -> tuple[str, Known]:
    """A small portfolio; the secret of a token of the program office, and what there is."""
    cast = make_cast()
    rollouts = [make_underway(cast, at=at, name=f"Played upon {n}") for n in range(3)]
    document = rollouts[0].playbook.parsed
    references = [rollout.initiative.reference for rollout in rollouts]
    known = {
        "reference": references,
        "/design/": [q.key for area in document.design_areas for q in area.questions],
        "/criteria/": [c.key for gate in document.gates for c in gate.criteria],
        "/checks/": [check.key for check in document.checks],
        "/risks/": [mode.key for mode in document.failure_modes],
        "/metrics/": list(Metric.objects.values_list("pk", flat=True)),
        "/reviews/": list(Review.objects.values_list("pk", flat=True)),
        "/decisions/": list(Decision.objects.values_list("pk", flat=True)),
        "/evidence/": list(Evidence.objects.values_list("pk", flat=True)),
        "assignee": [cast.owner.pk, cast.contributor.pk],
        "owner": [cast.owner.pk],
        "sponsor": [cast.sponsor.pk],
        "metric": list(Metric.objects.values_list("pk", flat=True)),
        "evidence": list(Evidence.objects.values_list("pk", flat=True)),
        "none_of": [references],
        "version": [rollout.initiative.version for rollout in rollouts],
    }
    return secret_of(cast.office, name="Soak"), known


def play(*, cases_an_operation: int, seed: int, at: datetime, boundaries: bool) -> Report:
    """Play every operation with about this many drawn cases each, and chains of operations; where
    asked with every boundary that the document names (some two thousand cases), too."""
    secret, known = make_world(at)
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "headers": {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"},
            "workers": 1,
            "continue-on-failure": True,
            "generation": {"max-examples": cases_an_operation, "database": "none"},
            "phases": {"coverage": {"enabled": boundaries}},
        }
    )
    days = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(date.isoformat)
    schemathesis.openapi.format("date", days)
    century = (datetime(year, 1, 1) for year in (2000, 2099))  # noqa: DTZ001
    moments = st.datetimes(*century)
    schemathesis.openapi.format("date-time", moments.map(lambda at: f"{at.isoformat()}Z"))
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", _whole_answers(get_wsgi_application()), config=config
    )
    chance = random.Random(seed)

    def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
        if case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE:
            _ground(case, known, chance)

    schemathesis.hook(before_call)
    try:
        # Climbing towards requests that are carried out draws many that are never sent.
        with _without_socket_settings(), patch("hypothesis.target"):
            return _report(from_schema(schema).execute())
    finally:
        unregister(before_call)


def _whole_answers(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application, with every answer read to its end, which closes its connection."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        response = application(environ, start_response)
        try:
            return list(response)
        finally:
            response.close()

    return answer


@contextmanager
def _without_socket_settings() -> Iterator[None]:
    """Schemathesis (4.32) sends the requests of its check for ignored authentication with settings
    that a call in this process does not know, and would never make them."""
    send = WSGITransport.send

    def bare(self: WSGITransport, case: schemathesis.Case, **kwargs: Any) -> Any:
        kept = {name: kwargs[name] for name in kwargs if name not in SOCKET_SETTINGS}
        return send(self, case, **kept)

    with patch.object(WSGITransport, "send", bare):
        yield


def _report(events: Iterable[EngineEvent]) -> Report:
    report = Report()
    for event in events:
        match event:
            case ScenarioFinished():
                _take(report, event)
            case NonFatalError():
                report.problems.append(f"{event.label}: {event.info.message}")
            case FatalError():
                raise event.exception
    return report


def _ground(case: schemathesis.Case, known: Known, chance: random.Random) -> None:
    """Let the request speak of what exists, more often than not."""
    path = case.operation.path
    if case.headers and KEY_HEADER in case.headers:
        # Boundary cases say the same key again and again, which rightly is refused.
        case.headers[KEY_HEADER] = f"{chance.getrandbits(64):x}"
    addressed = dict(case.path_parameters or {})
    for name in addressed:
        where = name if name in known else _before(path, name)
        if where in known and chance.random() < OFTEN:
            addressed[name] = chance.choice(known[where])
    case.path_parameters = addressed
    case.body = _grounded(case.body, known, chance)


def _grounded(body: Any, known: Known, chance: random.Random) -> Any:
    if isinstance(body, list):
        return [_grounded(part, known, chance) for part in body]
    if not isinstance(body, dict):
        return body
    return {
        name: chance.choice(known[name])
        if name in known and value is not None and chance.random() < OFTEN
        else _grounded(value, known, chance)
        for name, value in body.items()
    }


def _before(path: str, name: str) -> str:
    """``/checks/`` of ``…/checks/{key}/meet``."""
    return f"/{path.split(f'/{{{name}}}')[0].rpartition('/')[2]}/"


def _take(report: Report, event: ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        report.cases += 1
        if interaction.response is not None:
            status = interaction.response.status_code
            report.statuses[status] += 1
            if status < 300:
                operation = recorder.cases[case_id].value.operation
                report.carried_out[operation.label] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                request = recorder.interactions.get(case_id)
                asked = f"{request.request.method} {request.request.uri}" if request else ""
                body = request.request.body if request else None
                answer = request.response.content[:300] if request and request.response else None
                told = f"{check.name} {asked} {body!r}: {failure.title}. {answer!r}"
                report.problems.append(told[:1500])
