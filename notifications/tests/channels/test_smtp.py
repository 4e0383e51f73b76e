"""Mail over one kept line: each letter alone, and nothing said of those whose turn never came."""

from __future__ import annotations

import smtplib
import uuid

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from notifications import channels
from notifications.catalog import SAMPLE_CONTEXT
from notifications.channels import Accepted, Letter, ProviderAway, Refused, Trouble, Untried, smtp
from notifications.models import Channel


class Server(EmailBackend):
    """A mail server that answers as a test tells it to."""

    opened = 0
    away = False
    answers: dict[str, Exception] = {}

    def open(self):
        if self.away:
            raise ConnectionRefusedError
        type(self).opened += 1

    def send_messages(self, messages):
        error = self.answers.get(messages[0].to[0])
        if error:
            raise error
        return super().send_messages(messages)


@pytest.fixture
def server(monkeypatch):
    class Fresh(Server):
        answers: dict[str, Exception] = {}

    monkeypatch.setattr(smtp, "get_connection", lambda: Fresh())
    return Fresh


def letter(to: str = "maria@example.org", *, template: str = "booked") -> Letter:
    return Letter(
        id=uuid.uuid4(),
        template=template,
        recipient=to,
        language="en",
        context=SAMPLE_CONTEXT.get(template, {}),
    )


def send(*letters: Letter):
    return smtp.SmtpOutlet().send(letters)


def test_many_letters_leave_over_one_line_and_calls_share_it(server):
    outlet = smtp.SmtpOutlet()
    for _call in range(2):
        assert all(isinstance(each, Accepted) for each in outlet.send([letter(), letter()]))
    assert (server.opened, len(mail.outbox)) == (1, 4)


def test_a_line_that_lay_idle_is_opened_anew(server, monkeypatch):
    outlet = smtp.SmtpOutlet()
    outlet.send([letter()])
    monkeypatch.setattr(smtp, "IDLE_SECONDS", -1.0)
    outlet.send([letter()])
    assert server.opened == 2


def test_one_bad_letter_fails_alone(server):
    server.answers = {"no@example.org": smtplib.SMTPRecipientsRefused({"r": (550, b"no such")})}
    broken, refused, good = send(
        letter(template="no-such-folder"), letter("no@example.org"), letter()
    )
    assert isinstance(broken, Refused) and broken.reason.startswith("render ")
    assert isinstance(refused, Refused) and "550" in refused.reason
    assert "no such" not in refused.reason
    assert isinstance(good, Accepted)


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPDataError(451, b"try later"),
        smtplib.SMTPServerDisconnected("gone"),
        TimeoutError(),
    ],
)
def test_a_passing_trouble_is_no_refusal_and_the_next_letter_has_a_new_line(server, error):
    server.answers = {"maria@example.org": error}
    first, second = send(letter(), letter("other@example.org"))
    assert isinstance(first, Trouble) and isinstance(second, Accepted)
    assert server.opened == 2


def test_a_server_that_is_away_is_no_fault_of_any_letter(server):
    server.away = True
    with pytest.raises(ProviderAway):
        send(letter(), letter())


def test_those_behind_the_letter_that_broke_the_line_were_not_tried(server):
    server.answers = {"second@example.org": TimeoutError()}
    outlet = smtp.SmtpOutlet()
    assert isinstance(outlet.send([letter()])[0], Accepted)
    server.away = True
    first, second, third = outlet.send([letter(), letter("second@example.org"), letter()])
    assert [type(each) for each in (first, second, third)] == [Accepted, Trouble, Untried]


class TestRegistry:
    def test_an_outlet_is_made_once_and_found_by_the_settings(self, settings):
        assert channels.outlet_for(Channel.EMAIL) is channels.outlet_for("email")
        assert channels.outlet_for("email").name == "smtp"

    def test_a_channel_without_a_way_out_says_so(self, settings):
        settings.SMS_OUTLET = "none"
        with pytest.raises(channels.NoOutlet):
            channels.outlet_for(Channel.SMS)
