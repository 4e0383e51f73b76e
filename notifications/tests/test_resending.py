"""Sent again: what is still true, once, linked to the first and audited."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent
from clinic.lib.actor import Actor
from notifications import operations, outbox, queries
from notifications.models import Call, Message
from notifications.operations import resending
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
HOUR = dt.timedelta(hours=1)
SENT = {"status": "sent", "sent_at": NOW}


def message(key: str = "a", *, template: str = "booked", about: str = "", **changes) -> Message:
    patient = factories.patient()
    made = outbox.enqueue(
        template=template,
        recipient=f"{key}@example.org",
        dedupe_key=key,
        context={"when": "Tuesday", "code": "x"},
        about=about,
        patient_id=patient.pk,
        now=changes.pop("now", NOW),
    )
    Message.objects.filter(pk=made.pk).update(**{**SENT, **changes})
    return Message.objects.get(pk=made.pk)


class TestResend:
    def test_a_new_message_is_linked_to_the_old_and_audited_for_the_patient(self) -> None:
        old = message(status="bounced")
        new = operations.resend(message=old, by=BY, now=NOW)

        assert (new.stands_in_for_id, new.status, new.context) == (old.pk, "queued", old.context)
        assert Message.objects.get(pk=old.pk).status == "bounced"
        row = AuditEvent.objects.get(action="message.resent")
        assert (row.patient_id, row.data) == (old.patient_id, {"instead_of": str(old.pk)})

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"status": "queued", "sent_at": None}, resending.NotOver),
            ({"status": "void", "sent_at": None}, resending.NoLongerTrue),
            ({"overtaken_at": NOW}, resending.NoLongerTrue),
            ({"expires_at": NOW}, resending.Expired),
            ({"context": {}}, resending.Forgotten),
            ({"template": "code"}, resending.Secret),
        ],
    )
    def test_what_is_no_longer_true_or_nobodys_to_repeat_is_refused(
        self, changes: dict, refusal: type[Exception]
    ) -> None:
        old = message(**changes)
        with pytest.raises(refusal) as caught:
            operations.resend(message=old, by=BY, now=NOW)
        assert str(caught.value)
        assert Message.objects.count() == 1

    def test_nothing_goes_to_an_address_that_is_suppressed(self) -> None:
        old = message()
        operations.suppress(channel="email", address=old.recipient, reason="bounce", by=BY, now=NOW)
        with pytest.raises(resending.AddressSuppressed):
            operations.resend(message=old, by=BY, now=NOW)

    def test_a_second_click_sends_nothing_but_later_it_may_be_sent_once_more(self) -> None:
        old = message()
        new = operations.resend(message=old, by=BY, now=NOW)
        with pytest.raises(resending.AlreadyResent):
            operations.resend(message=old, by=BY, now=NOW)
        Message.objects.filter(pk=new.pk).update(**SENT)
        operations.resend(message=old, by=BY, now=NOW)
        assert Message.objects.count() == 3


def test_failed_ones_that_are_still_true_get_a_new_start() -> None:
    failed = {"status": "failed", "sent_at": None, "error": "x", "attempts": 11}
    true = message("true", **failed)
    message("late", **failed, expires_at=NOW)
    message("changed", **failed, overtaken_at=NOW)
    message("empty", **failed, context={})
    message("sent")
    told = message("told", **failed)
    message("instead", stands_in_for=told)

    queued = operations.replay(messages=list(Message.objects.all()), by=BY, now=NOW)

    assert [some.pk for some in queued] == [true.pk]
    assert list(Message.objects.filter(status="queued").values_list("attempts", flat=True)) == [0]
    assert AuditEvent.objects.filter(action="message.queued_again").count() == 1


class TestNotReached:
    ABOUT = "appointment:00000000-0000-0000-0000-000000000001"
    FAILED = {"status": "failed", "sent_at": None}

    def missed(self) -> bool:
        found = queries.not_reached(abouts=[self.ABOUT])
        assert found.keys() == queries.not_reached_since(NOW - HOUR).keys()
        return self.ABOUT in found

    @pytest.mark.parametrize(
        ("changes", "missed"),
        [
            (FAILED, True),
            ({"status": "bounced"}, True),
            ({}, False),
            ({**FAILED, "overtaken_at": NOW}, False),
        ],
    )
    def test_it_is_the_last_message_that_counts(self, changes: dict, missed: bool) -> None:
        message("first", about=self.ABOUT, now=NOW - HOUR / 2)
        message("last", about=self.ABOUT, **changes)
        assert self.missed() is missed

    def test_one_that_stands_in_for_it_is_waited_for(self) -> None:
        message("mail", about=self.ABOUT, **self.FAILED)
        instead = message("text", about=self.ABOUT, status="queued", sent_at=None)
        assert not self.missed()
        Message.objects.filter(pk=instead.pk).update(status="failed")
        assert self.missed()

    def test_one_of_two_readers_is_enough(self) -> None:
        message("mother", about=self.ABOUT, **self.FAILED)
        message("father", about=self.ABOUT)
        assert not self.missed()

    def test_who_was_called_is_off_the_list_until_another_fails(self) -> None:
        some = message("mail", about=self.ABOUT, **self.FAILED)
        operations.mark_called(
            about=self.ABOUT, subject=some, patient_id=some.patient_id, by=BY, now=NOW
        )
        assert not self.missed()
        assert AuditEvent.objects.get(action="message.called").patient_id == some.patient_id
        assert Call.objects.get().by == BY.label
        message("later", about=self.ABOUT, **self.FAILED, now=NOW + HOUR)
        assert self.missed()

    def test_it_is_one_query_for_any_number(self, django_assert_num_queries) -> None:
        abouts = []
        for number in range(5):
            abouts.append(f"appointment:{number}")
            message(str(number), about=abouts[-1], **self.FAILED)
        with django_assert_num_queries(1):
            assert len(queries.not_reached(abouts=abouts)) == 5
        with django_assert_num_queries(0):
            assert queries.not_reached(abouts=[]) == {}
