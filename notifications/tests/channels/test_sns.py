"""Text messages by SNS: against moto's server, and against answers that moto never gives."""

from __future__ import annotations

import socket
import threading
import uuid
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from moto.server import ThreadedMotoServer

from notifications import channels
from notifications.channels import (
    Accepted,
    Letter,
    ProviderAway,
    Refused,
    SlowDown,
    Trouble,
    sns,
)
from notifications.models import Channel, Suppression

NUMBER = "+14155550123"
OPTED_OUT = "+14155550199"  # moto's rule: numbers that end in 99


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture(autouse=True)
def words(settings, tmp_path):
    settings.TEMPLATES = [{**settings.TEMPLATES[1], "DIRS": [tmp_path]}]
    folder = tmp_path / "notifications" / "told"
    folder.mkdir(parents=True)
    (folder / "sms.txt").write_text("{{ clinic_name }}: {{ when }}")


def letter(to: str = NUMBER, *, template: str = "told", **context) -> Letter:
    return Letter(
        id=uuid.uuid4(),
        template=template,
        recipient=to,
        language="en",
        context={"clinic_name": "Riverside", "when": "Tuesday 3 December, 9:30 am", **context},
    )


@pytest.fixture
def outlet(settings, moto, credentials):
    settings.SMS_OUTLET, settings.SNS_ENDPOINT_URL = "sns", moto
    return channels.outlet_for(Channel.SMS)


def test_a_text_goes_to_its_number_and_its_id_is_kept(outlet, settings):
    settings.SMS_PART_PRICE = "0.01"
    (result,) = outlet.send([letter(when="x" * 160)])
    assert isinstance(result, Accepted)
    assert uuid.UUID(result.provider_id)
    assert (result.segments, result.cost) == (2, Decimal("0.02"))


def test_what_is_sent_is_the_text_as_a_transaction_and_in_the_clinics_name(
    outlet, settings, monkeypatch
):
    settings.SMS_SENDER_ID = "Riverside"
    sent = {}
    monkeypatch.setattr(
        outlet._client, "publish", lambda **values: sent.update(values) or {"MessageId": "m-1"}
    )
    assert outlet.send([letter()])[0].provider_id == "m-1"
    assert sent["PhoneNumber"] == NUMBER
    assert sent["Message"] == "Riverside: Tuesday 3 December, 9:30 am"
    values = {name: value["StringValue"] for name, value in sent["MessageAttributes"].items()}
    assert values == {
        "AWS.SNS.SMS.SMSType": "Transactional",
        "AWS.SNS.SMS.SenderID": "Riverside",
    }


def test_without_a_sender_id_none_is_named(settings):
    settings.SMS_SENDER_ID = ""
    assert set(sns._attributes()) == {"AWS.SNS.SMS.SMSType"}


def test_a_number_that_is_none_is_refused_alone(outlet):
    assert outlet.send([letter("+1")]) == [Refused("InvalidParameter")]
    assert isinstance(outlet.send([letter()])[0], Accepted)


def test_a_kind_without_words_is_refused_alone(outlet):
    assert outlet.send([letter(template="nothing")]) == [Refused("render TemplateDoesNotExist")]


def test_one_message_a_call(outlet):
    letters = [letter(), letter()]
    assert outlet.calls(letters) == [[letters[0]], [letters[1]]]


def _answering(outlet, monkeypatch, code: str, status: int = 400) -> None:
    """SNS as it answers when something is wrong. What it says in words must stay out."""

    def publish(**values):
        raise ClientError(
            {
                "Error": {"Code": code, "Message": f"Reason: {values['PhoneNumber']} is bad"},
                "ResponseMetadata": {"HTTPStatusCode": status},
            },
            "Publish",
        )

    monkeypatch.setattr(outlet._client, "publish", publish)


@pytest.mark.parametrize("code", ["OptedOut", "OptedOutException"])
def test_who_opted_out_is_refused_and_to_be_suppressed(outlet, monkeypatch, code):
    _answering(outlet, monkeypatch, code)
    assert outlet.send([letter()]) == [Refused(code, suppress=Suppression.Reason.OPT_OUT)]


def test_when_sns_only_says_invalid_it_is_asked_whether_the_owner_opted_out(outlet, monkeypatch):
    _answering(outlet, monkeypatch, "InvalidParameter")
    assert outlet.send([letter(OPTED_OUT)]) == [
        Refused("InvalidParameter", suppress=Suppression.Reason.OPT_OUT)
    ]
    assert outlet.send([letter(NUMBER)]) == [Refused("InvalidParameter")]


@pytest.mark.parametrize(
    ("code", "status"),
    [("Throttled", 429), ("Throttling", 400), ("ThrottlingException", 400), ("Other", 429)],
)
def test_when_it_is_too_fast_it_slows_down(outlet, monkeypatch, code, status):
    _answering(outlet, monkeypatch, code, status)
    with pytest.raises(SlowDown):
        outlet.send([letter()])


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("InternalError", 500, "InternalError"),
        ("ServiceUnavailable", 503, "ServiceUnavailable"),
        ("AuthorizationError", 403, "AuthorizationError"),
        ("InvalidClientTokenId", 403, "InvalidClientTokenId"),
        ("LimitExceeded", 400, "spend limit LimitExceeded"),
    ],
)
def test_trouble_that_is_no_messages_fault_waits(outlet, monkeypatch, code, status, reason):
    _answering(outlet, monkeypatch, code, status)
    with pytest.raises(ProviderAway, match=reason) as raised:
        outlet.send([letter()])
    assert NUMBER not in str(raised.value)


def test_without_credentials_it_waits(outlet, monkeypatch):
    def publish(**values):
        raise NoCredentialsError

    monkeypatch.setattr(outlet._client, "publish", publish)
    with pytest.raises(ProviderAway, match="NoCredentialsError"):
        outlet.send([letter()])


def test_where_nobody_listens_it_waits(settings, credentials):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.SNS_ENDPOINT_URL = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ProviderAway, match="EndpointConnectionError"):
            sns.SnsOutlet().send([letter()])


def test_an_answer_that_never_came_says_nothing_of_what_was_taken(settings, credentials):
    """A server that takes the call and hangs up."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        settings.SNS_ENDPOINT_URL = f"http://127.0.0.1:{server.getsockname()[1]}"
        outlet = sns.SnsOutlet()

        def hang_up() -> None:
            line, _address = server.accept()
            line.recv(65536)
            line.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        (result,) = outlet.send([letter()])
        thread.join(5)
    assert isinstance(result, Trouble)


def test_the_client_calls_once_and_soon_gives_up(outlet):
    config = outlet._client.meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout <= 10
