"""A web server of the tests' own that keeps what it is sent, and can be made to fail or to wait."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """``arrived`` counts requests, also those that still wait for their answer."""

    port: int = 0
    status: int = 204
    answer: bytes = b""
    location: str = ""
    arrived: int = 0
    received: list[Received] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver_on_a_port() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.arrived += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            receiver.may_answer.wait(timeout=60)
            receiver.received.append(Received(self.path, dict(self.headers), body))
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            if receiver.status != 204:
                self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            if receiver.status != 204:
                self.wfile.write(receiver.answer)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.may_answer.set()
        server.shutdown()
        server.server_close()
        thread.join()
