"""Where SNS posts: what is believed is kept, once; the rest is refused, and nothing is said."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading

import pytest
from django.db import OperationalError, connection
from django.test import Client

from notifications import outbox
from notifications.events import fetching, receiving, signatures
from notifications.events.views import MOST_BYTES
from notifications.models import Channel, Message, ProviderEvent
from notifications.queries import suppressed
from notifications.tests.events import sns
from tests.factories import NOW

pytestmark = pytest.mark.django_db

URL = "/hooks/aws/"


@pytest.fixture(autouse=True)
def asked(monkeypatch, settings, time_machine):
    """SNS without a network: what was asked for, outside of any transaction but the test's own."""
    settings.SNS_TOPICS = [sns.TOPIC]
    time_machine.move_to(NOW, tick=False)
    signatures.forget()
    fetching.forget()
    found = []

    def fetch(host, path):
        assert not connection.savepoint_ids, "asked inside a transaction"
        found.append((host, path))
        return sns.certificate()

    monkeypatch.setattr(fetching, "fetch", fetch)
    yield found
    signatures.forget()


@pytest.fixture
def message():
    written = outbox.enqueue(
        template="booked",
        recipient="maria@example.org",
        dedupe_key="key",
        context={"patient_name": "Maria"},
        now=NOW,
    )
    values = {"status": "sent", "sent_at": NOW, "provider_id": "0100-mail-000000"}
    Message.objects.filter(pk=written.pk).update(**values)
    return written


def _post(found):
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    client = Client(enforce_csrf_checks=True)
    return client.post(URL, body, content_type="text/plain")


def test_a_signed_delivery_is_kept_and_the_message_is_delivered(message):
    response = _post(sns.envelope(sns.ses("Delivery")))
    assert (response.status_code, response.content, response.cookies) == (200, b"", {})
    message.refresh_from_db()
    assert message.status == "delivered"


def test_a_replay_changes_nothing_and_is_welcome(message):
    found = sns.envelope(sns.ses("Delivery"))
    assert [_post(found).status_code for _time in range(3)] == [200] * 3
    assert ProviderEvent.objects.count() == 1


def test_what_is_no_message_of_ours_is_accepted_and_kept():
    assert _post(sns.envelope(sns.bounce(message_id="other"))).status_code == 200
    assert ProviderEvent.objects.get().message_id is None


def test_what_says_nothing_to_us_is_accepted_and_let_go():
    for told in ("Successfully validated SNS topic.", {"eventType": "Open"}, "[]"):
        assert _post(sns.envelope(told)).status_code == 200
    assert not ProviderEvent.objects.exists()


def test_an_answer_stops_texts_and_another_allows_them_again():
    number = "+14155550123"
    _post(sns.envelope(sns.answer("STOP"), Timestamp="2026-06-01T12:00:00Z"))
    assert suppressed(channel=Channel.SMS, addresses=[number]) == {number: "opt_out"}
    _post(sns.envelope(sns.answer("Start"), Timestamp="2026-06-01T12:01:00Z"))
    assert suppressed(channel=Channel.SMS, addresses=[number]) == {}


def test_a_tampered_one_is_refused(message):
    found = sns.envelope(sns.ses("Delivery"))
    assert _post(found | {"Message": json.dumps(sns.bounce())}).status_code == 403
    assert not ProviderEvent.objects.exists()


def test_without_the_check_anybody_could_tell_us_anything(message, monkeypatch):
    """The guard off: the same forged envelope suppresses an address."""
    monkeypatch.setattr(signatures, "check", lambda envelope, *, now: None)
    found = sns.envelope(sns.ses("Delivery"))
    assert _post(found | {"Message": json.dumps(sns.bounce())}).status_code == 200
    assert suppressed(channel=Channel.EMAIL, addresses=["maria@example.org"])


@pytest.mark.parametrize(
    "topic", ["arn:aws:sns:us-east-1:999999999999:mail-events", f"{sns.TOPIC}x", ""]
)
def test_of_a_topic_that_is_not_ours_nothing_is_believed(asked, topic):
    assert _post(sns.envelope(sns.bounce(), TopicArn=topic)).status_code == 403
    assert asked == []


def test_without_topics_nothing_is_believed(settings, asked):
    settings.SNS_TOPICS = []
    assert _post(sns.envelope(sns.bounce())).status_code == 403


def test_a_topic_that_is_written_wrong_in_the_settings_is_nobodys(settings, asked):
    settings.SNS_TOPICS = ["mail-events"]
    assert _post(sns.envelope(sns.bounce(), TopicArn="mail-events")).status_code == 403
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
        "http://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
        "https://user:x@sns.us-east-1.amazonaws.com/x.pem",
    ],
)
def test_a_certificate_from_elsewhere_is_not_asked_for(asked, url):
    assert _post(sns.envelope(sns.bounce(), SigningCertURL=url)).status_code == 403
    assert asked == []


@pytest.mark.parametrize("version", ["0", "3", ""])
def test_a_signature_of_another_version_is_none(version):
    assert _post(sns.envelope(sns.bounce(), SignatureVersion=version)).status_code == 403


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_envelope_is_refused(body):
    assert _post(body).status_code == 400


def test_too_large_a_body_is_refused_unread():
    assert _post(b"x" * (MOST_BYTES + 1)).status_code == 413
    assert _post(b"x" * (2 << 20)).status_code == 413


def test_a_subscription_to_our_topic_is_confirmed(asked):
    assert _post(sns.confirmation()).status_code == 200
    host, path = asked[-1]
    assert host == sns.HOST
    assert path == f"/?Action=ConfirmSubscription&TopicArn={sns.TOPIC}&Token=abc123"


@pytest.mark.parametrize(
    "fields",
    [
        {"TopicArn": f"{sns.TOPIC}-other"},
        {"SubscribeURL": f"https://evil.example/?Action=ConfirmSubscription&TopicArn={sns.TOPIC}"},
        {"SubscribeURL": f"https://{sns.HOST}@evil.example/?Action=ConfirmSubscription"},
        {"SubscribeURL": f"https://{sns.HOST}/?Action=DeleteTopic&TopicArn={sns.TOPIC}"},
        {"SubscribeURL": f"https://{sns.HOST}/?Action=ConfirmSubscription&TopicArn=other"},
    ],
)
def test_no_other_subscription_is_confirmed(asked, fields):
    """Also when SNS signed it: the address in it may have been chosen by somebody else."""
    assert _post(sns.confirmation(**fields)).status_code == 403
    assert [path for _host, path in asked if "Action" in path] == []


def test_a_confirmation_that_nobody_signed_is_not_followed(asked):
    found = sns.confirmation(private=sns.strangers_key())
    assert _post(found).status_code == 403
    assert [path for _host, path in asked if "Action" in path] == []


def test_an_end_of_the_subscription_is_only_written_down(asked):
    assert _post(sns.confirmation(Type="UnsubscribeConfirmation")).status_code == 200
    assert [path for _host, path in asked if "Action" in path] == []


def test_when_sns_cannot_be_asked_it_shall_post_again(message, monkeypatch):
    def fetch(host, path):
        raise fetching.Unavailable("timeout")

    monkeypatch.setattr(fetching, "fetch", fetch)
    assert _post(sns.envelope(sns.ses("Delivery"))).status_code == 503
    assert not ProviderEvent.objects.exists()


def test_when_the_database_is_busy_it_shall_post_again(message, monkeypatch):
    def record(*args, **values):
        raise OperationalError("lock timeout")

    monkeypatch.setattr(receiving.recording, "record", record)
    assert _post(sns.envelope(sns.ses("Delivery"))).status_code == 503


def test_it_takes_few_statements_and_begins_no_session(message, django_assert_max_num_queries):
    with django_assert_max_num_queries(14) as queries:
        response = _post(sns.envelope(sns.ses("Delivery")))
    assert "Set-Cookie" not in response.headers
    assert not [query for query in queries if "session" in query["sql"]]


def test_neither_an_address_nor_a_text_is_logged(message, caplog, capfd):
    caplog.set_level("DEBUG")
    _post(sns.envelope(sns.bounce()))
    _post(sns.envelope(sns.text_status("FAILURE", "Invalid phone number")))
    _post(sns.envelope(sns.answer("STOP calling Maria")))
    _post(sns.envelope(sns.answer("My knee hurts")))
    _post(sns.envelope("Maria's knee"))
    _post(sns.envelope(sns.bounce()) | {"Message": "Maria"})
    out, err = capfd.readouterr()
    said = caplog.text + out + err
    assert "provider-event" in said
    for private in ("maria", "example.org", "4155550123", "knee"):
        assert private not in said.lower()


class _Loopback:
    """A server that answers one request, in place of SNS."""

    def __init__(self, answer: bytes) -> None:
        self.asked = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.getsockname()[1]

    def _serve(self) -> None:
        line, _address = self._server.accept()
        with line:
            self.asked = line.recv(65536)
            line.sendall(self._answer)

    def close(self) -> None:
        self._thread.join(5)
        self._server.close()


@pytest.fixture
def loopback(monkeypatch):
    """`fetch` itself, over plain loopback instead of TLS to AWS."""
    monkeypatch.undo()  # the fetch of the other tests
    fetching.forget()
    servers = []

    def serve(answer: bytes) -> _Loopback:
        server = _Loopback(answer)
        servers.append(server)

        def plain(host, *, timeout, context):
            assert isinstance(context, ssl.SSLContext)
            assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname
            return http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)

        monkeypatch.setattr(fetching.http.client, "HTTPSConnection", plain)
        return server

    yield serve
    for server in servers:
        server.close()


def test_what_is_fetched_is_the_body_of_a_plain_answer(loopback):
    server = loopback(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\npem")
    assert fetching.fetch(sns.HOST, "/x.pem") == b"pem"
    assert server.asked.startswith(b"GET /x.pem HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (fetching.MOST_BYTES + 1),
        b"no http",
        b"",
    ],
)
def test_a_redirect_an_error_or_too_much_is_no_answer(loopback, answer):
    loopback(answer)
    with pytest.raises(fetching.Unavailable):
        fetching.fetch(sns.HOST, "/x.pem")


def test_nobody_can_make_us_ask_without_end(monkeypatch):
    monkeypatch.undo()  # the fetch of the other tests

    def refused(*args, **values):
        raise ConnectionRefusedError

    monkeypatch.setattr(http.client.HTTPSConnection, "request", refused)
    reasons = []
    for _time in range(fetching.MOST_A_MINUTE + 1):
        with pytest.raises(fetching.Unavailable) as raised:
            fetching.fetch(sns.HOST, "/x.pem")
        reasons.append(str(raised.value))
    assert reasons == ["ConnectionRefusedError"] * fetching.MOST_A_MINUTE + ["too many"]
