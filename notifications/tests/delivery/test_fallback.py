"""What does not arrive by one channel is sent by the other: once, while true, to who agreed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from notifications import delivery
from notifications.channels import ProviderAway, Refused, Trouble
from notifications.delivery import fallback
from notifications.models import Channel, Message, Suppression
from notifications.tests.delivery.provider import Provider, install, put, state
from notifications.tests.delivery.test_sending import take_back
from tests import factories

NOW = timezone.now
PHONE = "+14155550123"


@pytest.fixture
def texts(inline) -> Provider:
    return install(Provider(), Channel.SMS)


@pytest.fixture
def patient(db):
    return factories.patient(email="maria@example.org", phone=PHONE, texts_agreed_at=NOW())


def fail(provider: Provider, message: Message) -> None:
    provider.answers[message.recipient] = Refused("550")
    delivery.deliver_due()


class TestFallingBack:
    def test_a_refused_mail_is_told_by_text_at_once(self, provider, texts, patient):
        message = put(patient_id=patient.pk, expires_at=NOW() + dt.timedelta(hours=5))
        fail(provider, message)
        assert state(message) == "failed"
        stand_in = message.stand_ins.get()
        assert (stand_in.channel, stand_in.recipient, stand_in.status) == ("sms", PHONE, "sent")
        assert (stand_in.about, stand_in.patient_id, stand_in.expires_at, stand_in.template) == (
            message.about, patient.pk, message.expires_at, message.template,
        )  # fmt: skip
        assert texts.recipients == [PHONE]

    def test_a_refused_text_is_told_by_mail(self, provider, texts, patient):
        message = put(PHONE, channel="sms", patient_id=patient.pk)
        fail(texts, message)
        assert provider.recipients == ["maria@example.org"]

    def test_who_has_no_address_is_reached_by_the_login_or_a_carer(self, provider, texts, db):
        child = factories.patient(email="", phone=PHONE, texts_agreed_at=NOW())
        carer = factories.user(email="carer@example.org")
        child.cared_for_by.create(user=carer, opened_at=NOW(), opened_by="user:1")
        fail(texts, put(PHONE, channel="sms", patient_id=child.pk))
        assert provider.recipients == ["carer@example.org"]

    def test_a_stand_in_that_fails_has_none_itself(self, provider, texts, patient):
        texts.always = Refused("opted out")
        fail(provider, put(patient_id=patient.pk))
        assert list(Message.objects.values_list("channel", "status").order_by("channel")) == [
            ("email", "failed"),
            ("sms", "failed"),
        ]

    def test_a_bounce_is_stood_in_for_once(self, provider, texts, patient):
        message = put(patient_id=patient.pk)
        delivery.deliver_due()
        Message.objects.update(status="bounced")
        message.refresh_from_db()
        assert [fallback.instead_of(message, now=NOW()) for _time in range(2)] == [True, False]
        assert message.stand_ins.count() == 1

    def test_a_suppressed_address_is_told_by_the_other_channel(self, provider, texts, patient):
        Suppression.objects.create(
            channel="email", address="maria@example.org", reason="bounce", since=NOW()
        )
        message = put(patient_id=patient.pk)
        delivery.deliver_due()
        assert state(message) == "failed" and texts.recipients == [PHONE]

    def test_who_was_lost_with_three_workers_is_told_by_the_other_channel(
        self, provider, texts, patient
    ):
        message = put(patient_id=patient.pk)
        Message.objects.update(
            status="sending",
            losses=2,
            lease=message.pk,
            leased_until=NOW() - dt.timedelta(seconds=1),
            begun_at=NOW(),
        )
        delivery.deliver_due()
        assert state(message) == "failed" and texts.recipients == [PHONE]


class TestNoStandIn:
    def test_without_consent(self, provider, texts, db):
        patient = factories.patient(phone=PHONE)
        fail(provider, put(patient_id=patient.pk))
        assert texts.given == []

    def test_for_a_kind_without_words_for_it(self, provider, texts, patient):
        fail(provider, put(template="code", patient_id=patient.pk, about=""))
        assert texts.given == []

    def test_for_what_is_no_longer_true(self, provider, texts, patient):
        message = put(patient_id=patient.pk)
        delivery.deliver_due()
        take_back(message)
        Message.objects.update(status="bounced")
        message.refresh_from_db()
        assert not fallback.instead_of(message, now=NOW())

    def test_for_what_was_taken_back_as_it_failed(self, provider, texts, patient):
        message = put(patient_id=patient.pk)
        provider.before = lambda letters: take_back(message)
        fail(provider, message)
        assert state(message) == "void" and texts.given == []

    def test_for_what_is_useless_by_now(self, provider, texts, patient):
        message = put(patient_id=patient.pk, expires_at=NOW() + dt.timedelta(hours=1))
        delivery.deliver_due()
        Message.objects.update(status="bounced")
        message.refresh_from_db()
        assert not fallback.instead_of(message, now=NOW() + dt.timedelta(hours=2))
        assert fallback.instead_of(message, now=NOW()), "within the hour there is one"

    def test_to_an_address_that_is_suppressed_too(self, provider, texts, patient):
        Suppression.objects.create(channel="sms", address=PHONE, reason="opt_out", since=NOW())
        fail(provider, put(patient_id=patient.pk))
        assert texts.given == []

    def test_by_a_channel_that_has_no_way_out(self, provider, patient, settings):
        settings.SMS_OUTLET = "none"
        message = put(patient_id=patient.pk)
        fail(provider, message)
        assert not message.stand_ins.exists()

    @pytest.mark.parametrize("answer", [Trouble("451"), ProviderAway("gone")])
    def test_while_it_is_still_being_tried(self, provider, texts, patient, answer):
        provider.always = answer
        put(patient_id=patient.pk)
        delivery.deliver_due()
        assert texts.given == []
