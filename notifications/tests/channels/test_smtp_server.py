"""Mail to a server that refuses, hangs up, falls silent or wants a pause."""

from __future__ import annotations

import asyncio
import email
import socket
import uuid
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.channels import (
    Accepted,
    ProviderAway,
    Refused,
    SlowDown,
    Throttled,
    Trouble,
)
from notifications.channels.smtp import SmtpOutlet
from notifications.tests.letters import letter

HANG_UP, SILENCE = "hang up", "silence"


class Server:
    """Takes everything, unless it was told what to answer to an address."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.sessions: set[int] = set()
        self.at_rcpt: dict[str, str] = {}
        self.at_data: dict[str, str] = {}
        self.at_mail = ""

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.at_mail or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await _said(server, self.at_rcpt.get(address, "250 OK"))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await _said(server, self.at_data.get(envelope.rcpt_tos[0], "250 OK"))
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
            self.sessions.add(id(session))
        return answer

    @property
    def to(self) -> list[str]:
        return [mail["To"] for mail in self.mails]


async def _said(server: SMTP, answer: str) -> str:
    if answer == HANG_UP:
        server.transport.abort()
    if answer == SILENCE:
        await asyncio.sleep(0.3)
    return answer if answer[:1].isdigit() else "250 OK"


class OnAFreePort(Controller):
    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    handler = Server()
    controller = OnAFreePort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 10
    settings.DEFAULT_FROM_EMAIL = "Clinic <no-reply@clinic.example.org>"
    yield handler
    controller.stop()


@pytest.fixture
def outlet(server: Server) -> Iterator[SmtpOutlet]:
    made = SmtpOutlet()
    yield made
    made.close()


def kinds(results: list[Any]) -> list[type]:
    return [type(result) for result in results]


def test_many_calls_share_one_connection(outlet, server):
    for _call in range(3):
        assert kinds(outlet.send([letter(), letter(template="booked")])) == [Accepted, Accepted]
    assert (len(server.mails), len(server.sessions)) == (6, 1)


def test_the_headers_say_what_it_is_and_which(outlet, server):
    written = letter()
    for _try in range(2):
        (result,) = outlet.send([written])
        assert result == Accepted(f"<{written.id}@clinic.example.org>")
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == result.provider_id
    assert first["X-Message-ID"] == str(written.id)
    assert first["Auto-Submitted"] == "auto-generated" and first["Date"]
    assert first["List-Unsubscribe"].strip().startswith("<http")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_only_reminders_carry_the_link_that_stops_them(outlet, server):
    outlet.send([letter(template="booked"), letter(template="moved")])
    assert [mail["List-Unsubscribe"] for mail in server.mails] == [None, None]


@pytest.mark.parametrize(
    ("where", "answer", "kind"),
    [
        ("at_rcpt", "550 5.1.1 no such user", Refused),
        ("at_data", "554 5.7.1 not this text", Refused),
        ("at_rcpt", "450 4.2.0 mailbox busy", Trouble),
        ("at_rcpt", "451 4.7.1 greylisted, try again later", Trouble),
        ("at_data", "452 4.2.2 mailbox full", Trouble),
        ("at_rcpt", HANG_UP, Trouble),
        ("at_data", HANG_UP, Trouble),
    ],
)
def test_one_that_is_not_taken_is_so_alone(outlet, server, where, answer, kind):
    getattr(server, where)["bad@example.org"] = answer
    bad, good = letter("bad@example.org"), letter("good@example.org")
    results = outlet.send([letter("first@example.org"), bad, good])
    assert kinds(results) == [Accepted, kind, Accepted]
    assert "example.org" not in results[1].reason
    assert server.to[0] == "first@example.org" and server.to[-1] == "good@example.org"


def test_a_server_that_falls_silent_costs_one_letter_its_try(outlet, server):
    server.at_data["bad@example.org"] = SILENCE
    outlet.send([letter()])
    outlet._line.connection.sock.settimeout(0.05)
    results = outlet.send([letter("bad@example.org"), letter("good@example.org")])
    assert kinds(results) == [Trouble, Accepted]


@pytest.mark.parametrize(
    "answer",
    [
        "421 4.3.2 closing",
        "454 Throttling failure: Maximum sending rate exceeded.",
        "454 Throttling failure: Daily message quota exceeded.",
        "450 4.7.0 too many connections",
    ],
)
def test_a_server_that_wants_a_pause_gets_one_and_nobody_is_blamed(outlet, server, answer):
    server.at_rcpt["slow@example.org"] = answer
    with pytest.raises(SlowDown):
        outlet.send([letter("slow@example.org"), letter()])
    results = outlet.send([letter(), letter("slow@example.org"), letter()])
    assert kinds(results) == [Accepted, Throttled, Throttled]


def test_a_refused_sender_is_no_letters_fault(outlet, server):
    server.at_mail = "553 5.7.1 sender not allowed"
    with pytest.raises(ProviderAway, match="553"):
        outlet.send([letter(), letter()])
    server.at_mail = "552 5.3.4 too large"
    assert kinds(outlet.send([letter()])) == [Refused]


def test_a_line_that_was_cut_between_two_calls_costs_a_try_and_no_letter(outlet, server):
    outlet.send([letter()])
    outlet._line.connection.sock.shutdown(socket.SHUT_RDWR)
    results = outlet.send([letter(), letter()])
    assert kinds(results) == [Trouble, Accepted]


def test_nobody_listening_is_no_letters_fault(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(ProviderAway):
        SmtpOutlet().send([letter()])


class TestHostileLetters:
    @pytest.mark.parametrize(
        "name", ["Zoë\r\nBcc: thief@example.org", "a\nb", "\x00\x0b\u2028x", "=?utf-8?q?x?="]
    )
    def test_what_people_are_called_reaches_no_header(self, outlet, server, name):
        keys = ("patient_name", "for_name", "when", "doctor", "where")
        context = dict.fromkeys(keys, name)
        for template in ("reminder", "booked"):
            assert kinds(outlet.send([letter(template=template, **context)])) == [Accepted]
        for mail in server.mails:
            assert mail["Bcc"] is None and "\n" not in str(mail["Subject"]).strip()
            assert set(mail.keys()) <= KNOWN_HEADERS

    @pytest.mark.parametrize(
        "address",
        ["a@example.org\r\nBcc: thief@example.org", "a@example.org\nX: y", "no one", "", "a@"],
    )
    def test_an_address_that_is_none_is_refused_alone(self, outlet, server, address):
        results = outlet.send([letter(), letter(address), letter()])
        assert kinds(results) == [Accepted, Refused, Accepted]
        assert server.to == ["maria@example.org"] * 2

    def test_a_letter_that_cannot_be_written_is_refused_alone(self, outlet, server):
        letters = [
            letter(template="no-such-folder"),
            letter(template="../../base"),
            letter(template="booked", calendar=7),
            letter(patient_id=uuid.uuid4()),
        ]
        assert kinds(outlet.send(letters)) == [Refused, Refused, Refused, Accepted]


KNOWN_HEADERS = {
    "Content-Type",
    "MIME-Version",
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "X-Peer",
    "X-MailFrom",
    "X-RcptTo",
}
