"""What SES and SNS say, in our words; and nothing of what may name a person."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.events.receiving import read_message
from notifications.events.told import RANK, STATUS, Kind, Told, Unknown, Wish
from notifications.models import ProviderEvent
from notifications.tests.events import sns
from tests.factories import NOW

AT = dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)


def _read(found, at=NOW):
    return read_message(found if isinstance(found, str) else json.dumps(found), at=at)


@pytest.mark.parametrize(
    ("event", "kind", "detail"),
    [
        (sns.ses("Send"), Kind.SEND, ""),
        (sns.ses("Delivery", smtpResponse="250 ok maria@example.org"), Kind.DELIVERY, ""),
        (sns.bounce(), Kind.BOUNCE, "Permanent General 5.1.1"),
        (sns.bounce("Transient"), Kind.SOFT_BOUNCE, "Transient General 5.1.1"),
        (sns.bounce("Undetermined"), Kind.SOFT_BOUNCE, "Undetermined General 5.1.1"),
        (sns.ses("Complaint", complaintFeedbackType="abuse"), Kind.COMPLAINT, "abuse"),
        (sns.ses("Complaint"), Kind.COMPLAINT, ""),
        (sns.ses("Complaint", complaintFeedbackType="not-spam"), Kind.NOT_SPAM, "not-spam"),
        (sns.ses("Reject", reason="Bad content"), Kind.REJECT, "Bad content"),
        (sns.ses("DeliveryDelay", delayType="MailboxFull"), Kind.DELAY, "MailboxFull"),
        (sns.ses("Rendering Failure", errorMessage="no 'name'"), Kind.NOT_RENDERED, ""),
        (
            sns.ses("Subscription", source="U", newTopicPreferences={"unsubscribeAll": True}),
            Kind.UNSUBSCRIBE,
            "U",
        ),
        (
            sns.ses(
                "Subscription",
                newTopicPreferences={
                    "topicSubscriptionStatus": [
                        {"topicName": "reminders", "subscriptionStatus": "OptOut"}
                    ]
                },
            ),
            Kind.UNSUBSCRIBE,
            "",
        ),
    ],
)
def test_each_kind_of_ses_is_read(event, kind, detail):
    told = _read(event)
    assert (told.kind, told.detail, told.provider_id) == (kind, detail, "0100-mail-000000")
    assert told.at == AT
    assert _read(event | {"notificationType": event.pop("eventType")}).kind == kind


def test_our_own_id_comes_back_as_a_tag():
    pk = uuid.uuid4()
    assert _read(sns.ses("Send", tag=pk)).message_id == pk
    assert _read(sns.ses("Send", tag="no id")).message_id is None
    assert _read(sns.ses("Send")).message_id is None


def test_without_a_time_of_its_own_it_is_the_mails_and_then_the_envelopes():
    event = sns.ses("Send")
    del event["send"]["timestamp"]
    assert _read(event).at == AT - dt.timedelta(minutes=1)
    event["mail"]["timestamp"] = "soon"
    assert _read(event).at == NOW


@pytest.mark.parametrize(
    ("status", "response", "kind", "detail"),
    [
        ("SUCCESS", "Message has been accepted by phone carrier", Kind.DELIVERY, ""),
        ("FAILURE", "Invalid phone number", Kind.NO_NUMBER, "Invalid phone number"),
        ("FAILURE", "Phone number is opted out", Kind.OPTED_OUT, "Phone number is opted out"),
        (
            "FAILURE",
            "No quota left for account",
            Kind.UNDELIVERED,
            "No quota left for account",
        ),
        (
            "FAILURE",
            "Phone is currently unreachable/unavailable",
            Kind.UNDELIVERED,
            "Phone is currently unreachable/unavailable",
        ),
        ("FAILURE", "no route to 14155550123", Kind.UNDELIVERED, ""),
    ],
)
def test_the_fate_of_a_text_is_read(status, response, kind, detail):
    told = _read(sns.text_status(status, response))
    assert (told.kind, told.detail, told.provider_id) == (kind, detail, "sms-1")
    assert told.at == AT.replace(microsecond=558_000)


@pytest.mark.parametrize(
    ("body", "stop"),
    [
        ("STOP", True),
        (" stop. ", True),
        ("Stop texting me!", True),
        ("unsubscribe", True),
        ("Cancel", True),
        ("BAJA", True),
        ("start", False),
        ("Unstop", False),
        ("ALTA.", False),
    ],
)
def test_an_answer_says_no_more_or_again(body, stop):
    assert _read(sns.answer(body)) == Wish("+14155550123", stop=stop, at=NOW)


@pytest.mark.parametrize(
    "found",
    [
        sns.answer("cancel my visit on Tuesday please"),
        sns.answer("non-stop flight"),
        sns.answer("Thanks!"),
        sns.answer("start of the visit?"),
        sns.answer(""),
        sns.answer("STOP", number="riverside"),
        sns.answer("STOP", number="+1"),
        sns.text_status("PENDING", ""),
        sns.text_status("SUCCESS", "", message_id="\x00"),
        sns.ses("Open"),
        sns.ses("Click"),
        sns.ses("Subscription", newTopicPreferences={"unsubscribeAll": False}),
        sns.ses("Delivery", message_id=""),
        sns.ses("Delivery", message_id="x" * 129),
        {},
        [],
        {"eventType": "Delivery"},
        {"eventType": ["Delivery"], "mail": {"messageId": "x"}},
        {"eventType": "Delivery", "mail": []},
        "Successfully validated SNS topic for Amazon SES event publishing.",
        "[" * 50_000,
    ],
)
def test_what_says_nothing_to_us_is_told_apart(found):
    with pytest.raises(Unknown):
        _read(found)


def test_nothing_that_names_a_person_is_kept():
    for event in (
        sns.bounce(),
        sns.ses("Complaint", complaintFeedbackType="to maria@example.org"),
        sns.ses("Reject", reason="for <maria@example.org>"),
        sns.ses("Delivery", recipients=["maria@example.org"]),
        sns.text_status("FAILURE", "Phone +14155550123 said no"),
    ):
        told = _read(event)
        assert "maria" not in str(told) and "4155550123" not in str(told)


def test_every_kind_has_its_meaning_and_fits_its_column():
    assert set(STATUS) == set(Kind)
    assert set(STATUS.values()) == set(RANK)
    longest = ProviderEvent._meta.get_field("kind").max_length
    assert all(len(kind) <= longest for kind in Kind)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
    max_leaves=10,
)
PLACES = ["mail", "bounce", "complaint", "delivery", "subscription", "notification"]


@given(st.dictionaries(st.sampled_from(PLACES), JSON), st.sampled_from(["Bounce", "Delivery", "x"]))
def test_whatever_is_in_it_it_is_read_or_unknown(parts, kind):
    for found in (parts | {"eventType": kind}, parts | {"status": "FAILURE"}):
        with contextlib.suppress(Unknown):
            assert isinstance(_read(found), Told)


@given(JSON)
def test_a_part_of_another_shape_breaks_nothing(part):
    names = ["Bounce", "Complaint", "Delivery", "Subscription", "Rendering Failure"]
    for name in names:
        event = sns.ses(name)
        place = next(key for key in event if key not in ("mail", "eventType"))
        for found in (event | {place: part}, event | {place: {"timestamp": part}}):
            with contextlib.suppress(Unknown):
                assert isinstance(_read(found), Told)


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2036-01-01T00:00:00Z"]
)
def test_a_time_that_cannot_be_is_when_it_was_published(time):
    told = _read(sns.ses("Delivery") | {"delivery": {"timestamp": time}, "mail": {
        "messageId": "x", "timestamp": time}})  # fmt: skip
    assert told.at == NOW
