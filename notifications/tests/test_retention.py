from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from notifications import outbox
from notifications.models import Message
from notifications.retention import KEPT, forget_contents


@pytest.mark.django_db
def test_what_an_old_message_said_is_forgotten_and_that_it_was_sent_is_not() -> None:
    now = timezone.now()
    for key, age, status in (("old", KEPT, "sent"), ("new", dt.timedelta(), "sent"),
                             ("waiting", KEPT, "queued")):  # fmt: skip
        outbox.enqueue(
            template="booked",
            recipient="a@example.org",
            dedupe_key=key,
            context={"patient_name": "Canary"},
            now=now - age - dt.timedelta(seconds=1),
        )
        sent_at = now if status == "sent" else None
        Message.objects.filter(dedupe_key=key).update(status=status, sent_at=sent_at)

    assert forget_contents(now=now) == 1

    contents = dict(Message.objects.values_list("dedupe_key", "context"))
    assert contents["old"] == {}
    assert contents["new"] == contents["waiting"] == {"patient_name": "Canary"}
    assert forget_contents(now=now) == 0
