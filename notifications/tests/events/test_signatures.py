"""Only what SNS signed is believed."""

from __future__ import annotations

import datetime as dt
import json
import time

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from notifications.events import envelope as envelopes
from notifications.events import fetching, signatures
from notifications.events.signatures import BadSignature
from notifications.tests.events import sns
from tests.factories import NOW


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """The certificates that were fetched: [(host, path)]."""
    signatures.forget()
    fetching.forget()
    found = []

    def fetch(host, path):
        found.append((host, path))
        return sns.certificate()

    monkeypatch.setattr(fetching, "fetch", fetch)
    yield found
    signatures.forget()


def _check(found, now=NOW):
    signatures.check(envelopes.read(json.dumps(found).encode()), now=now)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "make",
    [
        lambda version: sns.envelope("hello", SignatureVersion=version),
        lambda version: sns.envelope("hello", SignatureVersion=version, Subject="Greeting"),
        lambda version: sns.envelope("zwei\nZeilen: ü 😀", SignatureVersion=version),
        lambda version: sns.confirmation(SignatureVersion=version),
        lambda version: sns.confirmation(SignatureVersion=version, Type="UnsubscribeConfirmation"),
    ],
)
def test_what_sns_signed_is_believed(version, make):
    _check(make(version))


SIGNED = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"]


@pytest.mark.parametrize("field", SIGNED)
def test_nothing_that_is_signed_can_be_changed(field):
    found = sns.envelope("hello", Subject="Greeting")
    changed = "2026-06-01T12:00:01Z" if field == "Timestamp" else found[field] + "x"
    with pytest.raises(BadSignature, match="signature"):
        _check(found | {field: changed})


def test_a_subject_can_be_neither_added_nor_taken_away():
    with pytest.raises(BadSignature, match="signature"):
        _check(sns.envelope("hello") | {"Subject": "x"})
    without = sns.envelope("hello", Subject="x")
    del without["Subject"]
    with pytest.raises(BadSignature, match="signature"):
        _check(without)


def test_a_notification_is_no_confirmation():
    """The kind is signed too: one cannot be posted as the other."""
    found = sns.envelope("hello", SubscribeURL="https://x", Token="x")
    with pytest.raises(BadSignature, match="signature"):
        _check(found | {"Type": "SubscriptionConfirmation"})


def test_the_digest_is_the_versions_and_there_are_two():
    for claimed, signed in (("1", "2"), ("2", "1")):
        found = sns.envelope("hello", SignatureVersion=signed)
        with pytest.raises(BadSignature, match="signature"):
            _check(found | {"SignatureVersion": claimed})
    for version in ("3", "0", "", "v2", "02"):
        with pytest.raises(BadSignature, match="version"):
            _check(sns.envelope("hello", SignatureVersion=version))


def test_somebody_elses_key_signs_nothing():
    with pytest.raises(BadSignature, match="signature"):
        _check(sns.envelope("hello", private=sns.strangers_key()))


def test_an_empty_signature_is_none():
    with pytest.raises(BadSignature, match="signature"):
        _check(sns.envelope("hello") | {"Signature": ""})


@pytest.mark.parametrize("days", [-1, 31])
def test_a_certificate_counts_in_its_own_time(days):
    now = NOW + dt.timedelta(days=days if days > 0 else -61)
    with pytest.raises(BadSignature, match="time"):
        _check(sns.envelope("hello"), now=now)


@pytest.mark.parametrize("body", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAA=="])
def test_what_is_no_certificate_certifies_nothing(monkeypatch, body):
    monkeypatch.setattr(fetching, "fetch", lambda host, path: body)
    with pytest.raises(BadSignature, match="certificate"):
        _check(sns.envelope("hello"))


def test_a_certificate_with_another_kind_of_key_is_none(monkeypatch):
    monkeypatch.setattr(fetching, "fetch", lambda host, path: sns.curve_certificate())
    with pytest.raises(BadSignature, match="key"):
        _check(sns.envelope("hello"))


def test_a_foreign_certificate_is_not_even_asked_for(asked):
    found = sns.envelope("hello", SigningCertURL="https://evil.example/x.pem")
    with pytest.raises(BadSignature, match="address"):
        _check(found)
    assert asked == []


def test_a_certificate_is_asked_for_once_and_never_by_a_bad_address_again(asked):
    for _time in range(3):
        _check(sns.envelope("hello"))
    assert asked == [(sns.HOST, "/SimpleNotificationService-0a1b2c3d.pem")]
    other = "arn:aws:sns:eu-west-1:123456789012:mail-events"
    with pytest.raises(BadSignature, match="address"):  # kept, but of another region
        _check(sns.envelope("hello", TopicArn=other))


@mock_aws
def test_what_another_implementation_signs_is_believed(monkeypatch):
    """Not only what our own tests sign: moto signs as SNS does."""
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    topics, queues = boto3.client("sns", **keys), boto3.client("sqs", **keys)
    topic = topics.create_topic(Name="t")["TopicArn"]
    queue = queues.create_queue(QueueName="q")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    topics.publish(TopicArn=topic, Message="zwei\nZeilen")
    body = queues.receive_message(QueueUrl=queue)["Messages"][0]["Body"]
    (pem,) = sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]._message_public_keys.values()
    monkeypatch.setattr(fetching, "fetch", lambda host, path: pem)
    _check(json.loads(body), now=dt.datetime.now(dt.UTC))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"hello", b"[]", b"null", b"1", b"{}", b'{"Type": "Other"}', b'{"Type": []}',
        b"\xff\xfe", b"[" * 100_000, b'{"Type": "Notification"}',
    ],
)  # fmt: skip
def test_what_is_no_envelope_is_told_apart(body):
    with pytest.raises(envelopes.Malformed):
        envelopes.read(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MessageId", "x" * 129),
        ("MessageId", "a\x00b"),
        ("MessageId", ""),
        ("MessageId", None),
        ("MessageId", 7),
        ("Timestamp", "yesterday"),
        ("Signature", "%%%"),
        ("Signature", "é"),
        ("Message", {"a": 1}),
        ("Message", "\ud800"),
        ("Subject", ["x"]),
        ("SigningCertURL", None),
        ("TopicArn", None),
    ],
)
def test_an_envelope_with_something_else_in_it_is_none(field, value):
    found = sns.envelope("hello") | {field: value}
    with pytest.raises(envelopes.Malformed):
        envelopes.read(json.dumps(found).encode())


def test_a_known_certificate_is_believed_while_it_cannot_be_asked_for_again(monkeypatch):
    """Whoever knows a topic's name can use up what may be asked in a minute."""
    _check(sns.envelope("hello"))

    def unavailable(host, path):
        raise fetching.Unavailable("too many")

    monkeypatch.setattr(fetching, "fetch", unavailable)
    later = time.monotonic() + 2 * signatures.KEPT_SECONDS
    monkeypatch.setattr(signatures.time, "monotonic", lambda: later)
    _check(sns.envelope("hello again"))
    with pytest.raises(BadSignature, match="signature"):
        _check(sns.envelope("forged", private=sns.strangers_key()))
    with pytest.raises(BadSignature, match="certificate's time"):
        _check(sns.envelope("later"), now=NOW + dt.timedelta(days=31))
    with pytest.raises(fetching.Unavailable):
        _check(sns.envelope("hello", SigningCertURL=sns.CERTIFICATE.replace("0a", "0b")))
