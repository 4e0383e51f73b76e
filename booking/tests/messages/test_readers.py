"""Who is written to, and by which channel."""

from __future__ import annotations

import pytest

from accounts.models import Care, Patient
from booking import messages
from booking.messages.readers import Reader
from notifications.catalog import BOTH, KINDS, Kind
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_kind_with_words_for_texts(monkeypatch, settings):
    settings.SMS_OUTLET = "file"
    monkeypatch.setitem(KINDS, "moved", Kind(KINDS["moved"].sample, channels=BOTH))
    monkeypatch.setitem(KINDS, "security_notice", Kind())


def texted(**fields):
    wanted = {"phone": "+15550100200", "contact_by": "sms", "texts_agreed_at": NOW}
    return factories.patient(**wanted | fields)


def ways(patient, template="moved"):
    [reader] = messages.readers_for(patient)
    return [channel for channel, _to in reader.ways(template)]


def test_who_wishes_texts_and_agreed_gets_them():
    assert ways(texted()) == ["sms", "email"]


def test_nobody_is_texted_who_has_not_agreed():
    assert ways(texted(texts_agreed_at=None)) == ["email"]


def test_nobody_is_texted_without_a_number_or_where_no_texts_are_sent(settings):
    assert ways(texted(phone="")) == ["email"]
    settings.SMS_OUTLET = "none"
    assert ways(texted()) == ["email"]


def test_what_has_no_words_for_a_text_goes_by_mail():
    assert ways(texted(), "security_notice") == ["email"]


def test_a_number_is_better_than_nothing_for_who_prefers_mail():
    assert ways(texted(email="", contact_by="email")) == ["sms"]
    assert ways(texted(contact_by="email")) == ["email", "sms"]


def test_carers_are_written_to_as_they_have_chosen_for_themselves():
    mother = texted(with_login=True, name="Mia Moss")
    child = Patient.objects.create(name="Leo Moss")
    Care.objects.create(user=mother.user, patient=child, relation="parent", opened_at=NOW)

    [reader] = messages.readers_for(child)

    assert (reader.of, reader.key) == ("Leo", str(mother.user.pk))
    assert reader.ways("moved")[0] == ("sms", "+15550100200")


def test_without_any_address_nobody_is_written_to():
    assert messages.readers_for(factories.patient(email="")) == []
    assert not Reader(name="Nobody").reachable
