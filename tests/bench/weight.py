"""What a browser with an empty cache fetches to show the dashboard.

The page, what its HTML links and what its style sheets link, each as the web process compresses it.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.test import Client

from tests.bench.measuring import Report
from tests.bench.world import FULL, grow, office, signed_in

LINKED = re.compile(rb"""(?:\b(?:href|src)="|url\(["']?)(/static/[^"'#)]+|[\w.-]+\.\w+(?=["')]))""")


def measure(report: Report) -> None:
    """Print kilobytes and requests."""
    grow(FULL)
    client = signed_in(office())
    sizes = dict(_fetched(client, "/dashboard/"))
    for path, size in sizes.items():
        report.note(f"{size / 1000:5.1f} kB  {path}")
    report.line("first view of the dashboard, compressed", sum(sizes.values()) / 1000, 60, "kB")
    report.line("its requests", len(sizes), 6)


def _fetched(client: Client, first: str) -> Iterable[tuple[str, int]]:
    """Each address with the bytes of its body as they are sent."""
    waiting, seen = [first], {first}
    while waiting:
        path = waiting.pop(0)
        sent = _body(client.get(path))
        yield path, len(sent)
        if path == first or path.endswith(".css"):
            plain = Client(HTTP_HOST="localhost", HTTP_ACCEPT_ENCODING="identity")
            plain.cookies = client.cookies
            for found in LINKED.findall(_body(plain.get(path))):
                linked = found.decode()
                if not linked.startswith("/"):
                    linked = f"{path.rpartition('/')[0]}/{linked}"
                if linked not in seen:
                    seen.add(linked)
                    waiting.append(linked)


def _body(response: Any) -> bytes:
    assert response.status_code == 200
    return bytes(response.getvalue())
