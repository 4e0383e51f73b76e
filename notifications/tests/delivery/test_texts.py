"""Nobody's phone rings without end, and none whose owner does not agree to it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Patient
from clinic.lib.actor import Actor
from notifications import delivery, operations
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


def agreeing() -> Patient:
    return factories.patient(
        email="maria@example.org", phone=NUMBER, texts_agreed_at=timezone.now()
    )


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
    patient = agreeing()
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


@pytest.mark.parametrize("change", [{"texts_agreed_at": None}, {"phone": OTHER}])
def test_what_waited_while_the_agreement_was_taken_back_goes_by_mail(texts, change):
    mails = install(Provider(), "email")
    patient = agreeing()
    message = text(patient_id=patient.pk)
    Patient.objects.filter(pk=patient.pk).update(**change)
    delivery.deliver_due()
    delivery.deliver_due()
    assert (texts.recipients, mails.recipients) == ([], ["maria@example.org"])
    assert (state(message), message.error) == ("failed", "texts not agreed to")
    reason = explain(message, zone=timezone.get_default_timezone(), now=timezone.now())
    assert reason.code == "not-agreed"


def test_nobody_sends_a_text_again_that_its_reader_no_longer_agrees_to(texts):
    patient = agreeing()
    old = text(patient_id=patient.pk)
    delivery.deliver_due()
    assert (state(old), texts.recipients) == ("sent", [NUMBER])
    Patient.objects.update(texts_agreed_at=None)
    new = operations.resend(message=old, by=Actor.system("test"), now=timezone.now())
    delivery.deliver_due()
    assert (state(new), texts.recipients) == ("failed", [NUMBER])


def test_a_carers_number_is_as_good_as_the_patients(texts):
    agreeing()
    child = factories.patient(email="", phone="")
    assert state(text(patient_id=child.pk)) == "queued"
    delivery.deliver_due()
    assert texts.recipients == [NUMBER]


@pytest.mark.parametrize("number", ["+19005550123", "+449098790000", "+979123456789"])
def test_nobody_earns_by_our_texts(texts, number):
    message = text(number)
    delivery.deliver_due()
    assert (state(message), message.error, texts.recipients) == ("failed", "premium number", [])
    zone = timezone.get_default_timezone()
    assert explain(message, zone=zone, now=timezone.now()).code == "premium"
