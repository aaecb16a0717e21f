"""Requests that Clearway sends to addresses which somebody typed, kept away from inner networks.

A host is looked up once. Each address that it has must be one of the public internet, unless the
administrator allows the host (``CLEARWAY_ALLOWED_HOSTS_OUT``); the connection is made to the very
address that was checked, so a second look-up cannot lead elsewhere. Redirects are not followed,
no proxy is used, and both the time and the size of an answer are bounded.

It stands at the bottom of the house because whoever sends anything out goes through here.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address

SECONDS = 10.0
MOST_BYTES = 1024 * 1024
PORTS = {"http": 80, "https": 443}
# Addresses of the fourth version in clothes of the sixth.
NAT64 = IPv6Network("64:ff9b::/96")


class Unreachable(Exception):
    """No answer came, or none was asked for: the words say why."""


@dataclass(frozen=True)
class Answer:
    """``body`` is cut off at the bound when ``whole`` is false."""

    status: int
    body: bytes
    whole: bool


@dataclass(frozen=True)
class Target:
    """A checked address: what to connect to, and as whom to speak there."""

    parts: SplitResult
    host: str
    port: int
    address: str

    @property
    def path(self) -> str:
        query = f"?{self.parts.query}" if self.parts.query else ""
        return f"{self.parts.path or '/'}{query}"


def target_of(url: str) -> Target:
    """Look the URL's host up and check where it leads. Raises Unreachable."""
    parts, host, port = _read(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"No host is called {host}.") from None
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if host not in settings.ALLOWED_HOSTS_OUT:
        for address in addresses:
            if not is_public(ip_address(address.partition("%")[0])):
                raise Unreachable(
                    f"{host} is an address inside, or leads to one. An administrator may allow it "
                    "by CLEARWAY_ALLOWED_HOSTS_OUT."
                )
    return Target(parts, host, port, addresses[0])


def _read(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unreachable("This is no web address.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise Unreachable("Begin the address with https:// or http://, and name a host.")
    if parts.username is not None or parts.password is not None:
        raise Unreachable("Leave name and password out of the address.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Unreachable("Write the address in plain letters, without spaces.")
    return parts, parts.hostname.rstrip("."), port or PORTS[parts.scheme]


def is_public(address: Address) -> bool:
    """Whether it is reached over the public internet, whatever its spelling hides."""
    if isinstance(address, IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            hidden = address.teredo[1]
        if address in NAT64:
            hidden = IPv4Address(int(address) & 0xFFFF_FFFF)
        if hidden is not None:
            return is_public(hidden)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class _Http(http.client.HTTPConnection):
    """A connection to the checked address and no other."""

    def __init__(self, target: Target, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self.target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self.target.address, self.target.port), self.timeout)


class _Https(_Http):
    """The same, with a certificate that must be the host's."""

    default_port = PORTS["https"]

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        # Shaken hands with where the cut can reach it.
        self.sock = context.wrap_socket(
            self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
        )
        self.sock.do_handshake()


def send(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """Send one request and read its answer, all within the seconds but for the look-up.

    Raises Unreachable when no answer comes, or none may be asked for.
    """
    target = target_of(url)
    kind = _Https if target.parts.scheme == "https" else _Http
    connection = kind(target, seconds)
    began = time.monotonic()
    try:
        with _cut_after(connection, seconds):
            connection.request(method, target.path, body, dict(headers or {}))
            response = connection.getresponse()
            read = response.read(most_bytes + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = "no connection or no answer"
        if time.monotonic() - began >= seconds:
            words = f"no answer within {seconds:g} seconds"
        elif isinstance(error, ssl.SSLError):
            words = f"no trusted connection ({error.reason})"
        raise Unreachable(f"{target.host}: {words}.") from None
    finally:
        connection.close()
    return Answer(
        status=response.status,
        body=read[:most_bytes],
        whole=len(read) <= most_bytes,
    )


@contextmanager
def _cut_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection then, also where the other side sends a byte now and again.

    Raises TimeoutError when it was cut: what was read until then may look like a whole answer.
    """
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError
