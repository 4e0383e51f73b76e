"""Nobody's phone rings without end, and nobody's bill grows without end."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from notifications import delivery
from notifications.explaining import explain
from notifications.models import Message
from notifications.tests.delivery.provider import Provider, install, put, state
from tests import factories

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "+14155550123", "+14155550124"


@pytest.fixture(autouse=True)
def texts(inline, settings) -> Provider:
    settings.SMS_PER_NUMBER_A_DAY = 3
    return install(Provider(per_call=1), "sms")


def text(to: str = NUMBER, **changes: object) -> Message:
    return put(to, channel="sms", **changes)


def test_a_number_gets_so_many_texts_a_day_and_no_more(texts):
    for _each in range(5):
        text()
    text(OTHER)
    assert delivery.deliver_due() == {"sent": 4, "failed": 2}
    assert sorted(texts.recipients) == [NUMBER] * 3 + [OTHER]
    late = text()
    assert delivery.deliver_due() == {"failed": 1}
    assert (state(late), late.error) == ("failed", "too many texts")
    reason = explain(late, zone=timezone.get_default_timezone(), now=timezone.now())
    assert reason.code == "too-many"


def test_what_left_yesterday_or_never_does_not_count(texts):
    for _each in range(3):
        text()
    delivery.deliver_due()
    Message.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    for _each in range(3):
        text(expires_at=timezone.now() - dt.timedelta(minutes=1))
    text()
    assert delivery.deliver_due() == {"sent": 1, "void": 3}


def test_what_is_beyond_goes_by_mail(texts, settings):
    settings.SMS_PER_NUMBER_A_DAY = 1
    mails = install(Provider(), "email")
    patient = factories.patient(email="maria@example.org")
    text()
    text(patient_id=patient.pk)
    delivery.deliver_due()
    delivery.deliver_due()
    assert (texts.recipients, mails.recipients) == ([NUMBER], ["maria@example.org"])


def test_without_a_limit_all_leave(texts, settings):
    settings.SMS_PER_NUMBER_A_DAY = 0
    for _each in range(5):
        text()
    assert delivery.deliver_due() == {"sent": 5}
