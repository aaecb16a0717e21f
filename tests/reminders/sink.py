"""A real SMTP server that keeps what it is sent, and that can be made to wait or refuse."""

import asyncio
import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    """Keeps every mail that it accepted.

    While ``holding`` it leaves senders waiting for the answer to RCPT, before any mail is theirs.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.refused: dict[str, str] = {}
        self.refused_content: dict[str, str] = {}
        self.refused_senders = ""
        self.waiting = 0
        self._hold = False

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.refused_senders:
            return self.refused_senders
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        self.waiting += 1
        while self._hold:
            await asyncio.sleep(0.01)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        for address in envelope.rcpt_tos:
            if address in self.refused_content:
                return self.refused_content[address]
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"

    def hold(self) -> None:
        self._hold, self.waiting = True, 0

    def release(self) -> None:
        self._hold = False

    def subjects(self) -> list[str]:
        return sorted(str(mail["Subject"]) for mail in self.mails)


@contextmanager
def sink_on_a_port() -> Iterator[tuple[Sink, int]]:
    """A running sink and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink, port
    finally:
        sink.release()
        controller.stop()
