"""What was told is kept once and applied in any order."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from notifications import outbox
from notifications.channels import Accepted, Letter, Refused
from notifications.delivery import recording as delivery_record
from notifications.delivery.claiming import Taken
from notifications.events.receiving import read_message
from notifications.events.recording import match_waiting, record, record_wish
from notifications.events.told import Wish
from notifications.models import LEFT, Channel, Message, ProviderEvent, Suppression
from notifications.queries import suppressed
from notifications.tests.events import sns
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

ADDRESS, NUMBER, THEIRS = "maria@example.org", "+14155550123", "0100-mail-000000"
SECOND = dt.timedelta(seconds=1)


def _message(status: str = "sent", *, key: str = "key", **fields) -> Message:
    written = outbox.enqueue(
        template=fields.pop("template", "booked"),
        recipient=ADDRESS,
        dedupe_key=key,
        context={"patient_name": "Maria"},
        now=NOW,
        patient_id=fields.pop("patient_id", None),
    )
    values = {"status": status}
    if status in LEFT:
        values |= {"sent_at": NOW, "provider": "ses", "provider_id": THEIRS}
    if status == "sending":
        values |= {"lease": uuid.uuid4(), "leased_until": NOW + 60 * SECOND, "begun_at": NOW}
    Message.objects.filter(pk=written.pk).update(**values | fields)
    return Message.objects.get(pk=written.pk)


def _tell(event, *, event_id: str | None = None, now=NOW):
    told = read_message(json.dumps(event), at=NOW)
    return record(told, event_id=event_id or str(uuid.uuid4()), now=now)


def _again(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


@pytest.mark.parametrize(
    ("event", "status", "error", "reason"),
    [
        (sns.ses("Send"), "sent", "", None),
        (sns.ses("DeliveryDelay"), "sent", "", None),
        (sns.ses("Delivery"), "delivered", "", None),
        (sns.bounce("Transient"), "sent", "", None),
        (sns.bounce("Undetermined"), "sent", "", None),
        (sns.bounce(), "bounced", "bounce Permanent General 5.1.1", "bounce"),
        (sns.ses("Complaint"), "complained", "complaint", "complaint"),
        (sns.ses("Complaint", complaintFeedbackType="not-spam"), "delivered", "", None),
        (sns.ses("Reject", reason="Bad content"), "failed", "reject Bad content", None),
        (sns.ses("Rendering Failure"), "failed", "not_rendered", None),
    ],
)
def test_a_mail_is_what_ses_says_of_it(event, status, error, reason):
    message = _message()
    assert _tell(event)
    message = _again(message)
    assert (message.status, message.error) == (status, error)
    assert (message.settled_at is None) == (status == "sent")
    kept = ProviderEvent.objects.get()
    assert (kept.message_id, kept.provider_id) == (message.pk, THEIRS)
    expected = {ADDRESS: reason} if reason else {}
    assert suppressed(channel=Channel.EMAIL, addresses=[ADDRESS]) == expected


@pytest.mark.parametrize(
    ("status", "response", "becomes", "reason"),
    [
        ("SUCCESS", "accepted", "delivered", None),
        ("FAILURE", "Phone is currently unreachable/unavailable", "bounced", None),
        ("FAILURE", "Invalid phone number", "bounced", "bounce"),
        ("FAILURE", "Phone number is opted out", "bounced", "opt_out"),
    ],
)
def test_a_text_is_what_sns_says_of_it(status, response, becomes, reason):
    message = _message(channel="sms", recipient=NUMBER, provider="sns", provider_id="sms-1")
    _tell(sns.text_status(status, response))
    assert _again(message).status == becomes
    expected = {NUMBER: reason} if reason else {}
    assert suppressed(channel=Channel.SMS, addresses=[NUMBER]) == expected
    assert suppressed(channel=Channel.EMAIL, addresses=[ADDRESS]) == {}


def test_the_same_telling_counts_once():
    message = _message()
    assert _tell(sns.ses("Delivery"), event_id="e-1")
    assert not _tell(sns.bounce(), event_id="e-1")
    assert _again(message).status == "delivered"
    assert ProviderEvent.objects.count() == 1


def test_without_the_event_id_a_replay_would_be_kept_again():
    """What the unique id is for: each telling with an id of its own is one more row."""
    _message()
    assert _tell(sns.ses("Delivery")) and _tell(sns.ses("Delivery"))
    assert ProviderEvent.objects.count() == 2


def test_what_speaks_of_nothing_of_ours_is_kept_and_changes_nothing():
    message = _message()
    assert _tell(sns.bounce(message_id="somebody-elses"))
    assert _again(message).status == "sent"
    assert ProviderEvent.objects.get().message_id is None
    assert not Suppression.objects.exists()
    assert match_waiting(now=NOW) == 0


def test_a_tag_of_a_message_that_is_gone_leads_to_none():
    assert _tell(sns.bounce(tag=uuid.uuid4()))
    assert ProviderEvent.objects.get().message_id is None


def test_what_is_told_before_our_own_record_waits_for_it():
    message = _message("sending")
    _tell(sns.ses("Delivery"))
    assert _again(message).status == "sending"
    assert match_waiting(now=NOW) == 0
    _recorded_as_sent(message)
    assert match_waiting(now=NOW + SECOND) == 1
    assert _again(message).status == "delivered"
    assert match_waiting(now=NOW + SECOND) == 0


def test_our_own_tag_proves_at_once_that_it_left():
    """A worker that died over it does not send it a second time."""
    message = _message("queued")
    _tell(sns.ses("Send", tag=message.pk))
    message = _again(message)
    assert (message.status, message.provider_id) == ("sent", THEIRS)
    assert message.sent_at == NOW


def test_one_taken_back_too_late_reads_as_what_it_is():
    message = _message("void")
    _tell(sns.ses("Delivery", tag=message.pk))
    assert _again(message).status == "delivered"


def test_a_code_is_wiped_when_it_proves_to_have_left():
    message = _message("sending", template="code")
    _tell(sns.ses("Delivery", tag=message.pk))
    assert _again(message).context == {}


def test_a_message_that_failed_and_is_tried_again_is_not_failed_by_what_is_past():
    message = _message()
    _tell(sns.ses("Reject", reason="Bad content"))
    outbox.queue_again(messages=[_again(message)], now=NOW)
    assert _again(message).status == "queued"
    _recorded_as_sent(message, provider_id="0100-second-000000")
    _tell(sns.ses("Delivery", message_id="0100-second-000000"))
    assert _again(message).status == "delivered"


def test_a_complaint_ends_the_reminders_of_who_complained_and_of_nobody_else():
    complains = factories.patient(email="Maria@Example.org")
    child, other = factories.patient(email=""), factories.patient(email="leo@example.org")
    _message(patient_id=child.pk)
    _tell(sns.ses("Complaint"), now=NOW + SECOND)
    for patient in (complains, child, other):
        patient.refresh_from_db()
    assert complains.reminders_stopped_at == NOW + SECOND
    assert child.reminders_stopped_at is None and other.reminders_stopped_at is None


def test_a_complaint_by_the_address_somebody_signs_in_with_counts_too():
    patient = factories.patient(with_login=True)
    _message(recipient=patient.user.email, patient_id=patient.pk)
    _tell(sns.ses("Complaint"))
    patient.refresh_from_db()
    assert patient.reminders_stopped_at is not None
    assert AuditEvent.objects.filter(patient_id=patient.pk, action__contains="reminders").exists()


def test_who_unsubscribes_at_ses_has_no_reminders_but_is_still_written_to():
    patient = factories.patient(email=ADDRESS)
    message = _message(patient_id=patient.pk)
    _tell(sns.ses("Subscription", newTopicPreferences={"unsubscribeAll": True}))
    patient.refresh_from_db()
    assert patient.reminders_stopped_at is not None
    assert _again(message).status == "sent"
    assert not Suppression.objects.exists()


def _with_both_ways(**fields):
    return factories.patient(email=ADDRESS, phone=NUMBER, texts_agreed_at=NOW, **fields)


@pytest.mark.parametrize("event", [sns.bounce(), sns.ses("Reject")])
def test_a_mail_that_did_not_arrive_is_followed_by_a_text(event, settings):
    settings.SMS_OUTLET, settings.MAILBOX_DIR = "file", "/nowhere"
    message = _message(patient_id=_with_both_ways().pk)
    _tell(event)
    _tell(event)
    stand_in = Message.objects.get(stands_in_for=message)
    assert (stand_in.channel, stand_in.recipient) == ("sms", NUMBER)


@pytest.mark.parametrize("event", [sns.ses("Complaint"), sns.bounce("Transient")])
def test_one_that_arrived_or_may_have_is_not(event, settings):
    settings.SMS_OUTLET, settings.MAILBOX_DIR = "file", "/nowhere"
    _message(patient_id=_with_both_ways().pk)
    _tell(event)
    assert not Message.objects.filter(stands_in_for__isnull=False).exists()


def test_a_late_bounce_says_nothing_that_is_no_longer_so(settings):
    """Without the look at what was said since, a text would announce a visit that is cancelled."""
    settings.SMS_OUTLET, settings.MAILBOX_DIR = "file", "/nowhere"
    patient = _with_both_ways()
    message = _message(patient_id=patient.pk, about="appointment:1")
    later = _message("queued", key="later", patient_id=patient.pk)
    Message.objects.filter(pk=later.pk).update(about="appointment:1", created_at=NOW + SECOND)
    _tell(sns.bounce())
    assert _again(message).status == "bounced"
    assert not Message.objects.filter(stands_in_for__isnull=False).exists()


def test_a_text_that_did_not_arrive_is_followed_by_a_mail():
    message = _message(
        channel="sms", recipient=NUMBER, provider_id="sms-1", patient_id=_with_both_ways().pk
    )
    _tell(sns.text_status("FAILURE", "Phone number is opted out"))
    stand_in = Message.objects.get(stands_in_for=message)
    assert (stand_in.channel, stand_in.recipient) == ("email", ADDRESS)


def test_an_address_that_the_provider_refuses_for_its_owner_is_suppressed():
    message = _message("sending", channel="sms", recipient=NUMBER)
    letter = Letter(id=message.pk, template="booked", recipient=NUMBER, language="en", context={})
    answer = delivery_record.Answer(
        taken=Taken(letter, attempts=0, losses=0),
        begun_at=NOW,
        provider="sns",
        channel="sms",
        result=Refused("OptedOut", suppress=Suppression.Reason.OPT_OUT),
    )
    delivery_record.record([answer], lease=message.lease, now=NOW)
    assert _again(message).status == "failed"
    assert suppressed(channel=Channel.SMS, addresses=[NUMBER]) == {NUMBER: "opt_out"}


def test_no_address_is_kept_beside_what_was_told():
    _message()
    _tell(sns.bounce())
    assert "example" not in str(ProviderEvent.objects.values().get())


def _recorded_as_sent(message: Message, *, provider_id: str = THEIRS) -> None:
    """As a worker records the provider's answer, whatever became of the row meanwhile."""
    letter = Letter(id=message.pk, template="booked", recipient=ADDRESS, language="en", context={})
    answer = delivery_record.Answer(
        taken=Taken(letter, attempts=0, losses=0),
        begun_at=NOW,
        provider="ses",
        channel="email",
        result=Accepted(provider_id),
    )
    delivery_record.record([answer], lease=message.lease or uuid.uuid4(), now=NOW)


EVENTS = {
    "send": sns.ses("Send"),
    "delivery": sns.ses("Delivery"),
    "late delivery": sns.ses("Delivery", timestamp="2026-06-01T12:05:00Z"),
    "delay": sns.ses("DeliveryDelay"),
    "soft": sns.bounce("Transient"),
    "bounce": sns.bounce(timestamp="2026-06-01T12:03:00Z"),
    "complaint": sns.ses("Complaint", timestamp="2026-06-01T12:04:00Z"),
    "reject": sns.ses("Reject"),
}
STEPS = st.lists(
    st.tuples(st.sampled_from([*EVENTS, "match"]), st.booleans()), min_size=1, max_size=8
)


class _Undo(Exception):
    pass


def _played(steps: list[tuple[str, bool]], *, recorded_after: int) -> tuple[object, ...]:
    """What all comes to: our own record between the steps, a tag with some of the tellings."""
    try:
        with transaction.atomic():
            factories.patient(email=ADDRESS)
            message = _message("sending")
            for number, (name, tagged) in enumerate([*steps, ("match", False)]):
                if number == min(recorded_after, len(steps)):
                    _recorded_as_sent(message)
                if name == "match":
                    match_waiting(now=NOW)
                    continue
                event = json.loads(json.dumps(EVENTS[name]))
                if tagged:
                    event["mail"]["tags"]["message"] = [str(message.pk)]
                _tell(event, event_id=name)
            match_waiting(now=NOW)
            found = _again(message)
            state = (
                found.status,
                found.settled_at,
                found.provider_id,
                list(Suppression.objects.values_list("address", "reason", "lifted_at")),
                ProviderEvent.objects.filter(message=message).count(),
                ProviderEvent.objects.filter(message=None).count(),
            )
            raise _Undo
    except _Undo:
        return state


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), steps=STEPS)
def test_any_order_and_repetition_comes_to_the_same(db, data, steps):
    shuffled = data.draw(st.permutations(steps + steps[:3]))
    shuffled = [(name, data.draw(st.booleans())) for name, _tagged in shuffled]
    one = _played(steps, recorded_after=data.draw(st.integers(0, 8)))
    other = _played(shuffled, recorded_after=data.draw(st.integers(0, 8)))
    assert one == other


WISHES = [Wish(NUMBER, stop=number % 2 == 0, at=NOW + number * SECOND) for number in range(5)]


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.lists(st.sampled_from(WISHES), min_size=1, max_size=8))
def test_the_later_wish_counts_whichever_comes_first(db, order):
    try:
        with transaction.atomic():
            for wish in order:
                record_wish(wish, event_id=f"{wish.at}", now=NOW)
            latest = max(order, key=lambda wish: wish.at)
            stopped = bool(suppressed(channel=Channel.SMS, addresses=[NUMBER]))
            assert stopped == latest.stop
            assert Suppression.objects.filter(lifted_at=None).count() == int(latest.stop)
            raise _Undo
    except _Undo:
        pass


def test_who_writes_start_to_a_number_called_wrong_is_texted_again():
    message = _message(channel="sms", recipient=NUMBER, provider_id="sms-1")
    _tell(sns.text_status("FAILURE", "Invalid phone number"), now=NOW)
    assert _again(message).status == "bounced"
    record_wish(Wish(NUMBER, stop=False, at=NOW + SECOND), event_id="s", now=NOW + SECOND)
    assert suppressed(channel=Channel.SMS, addresses=[NUMBER]) == {}
    assert AuditEvent.objects.filter(action="suppression.lifted").count() == 1
