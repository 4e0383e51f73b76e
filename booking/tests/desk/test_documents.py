"""Staff ask a patient to bring documents to a visit."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from booking import operations, visit_links
from booking.models import Appointment
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, World

WORDS = "The letter of your last examination"


def ask(staff: Client, visit: Appointment, text: str) -> str:
    """What is said then."""
    answer = staff.post(reverse("admin:desk_documents", args=[visit.pk]), {"documents": text})
    assert answer.status_code == 302
    visit.refresh_from_db()
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def told(status: str = "queued") -> list[Message]:
    return list(Message.objects.filter(template="documents_asked", status=status))


def test_the_patient_is_told_and_finds_it_behind_the_link(staff: Client, world: World) -> None:
    visit = world.book()
    assert "is told" in ask(staff, visit, f"  {WORDS} ")
    [message] = told()
    assert message.recipient == visit.patient.email
    assert message.context["documents"] == WORDS
    assert WORDS in staff.get(visit_links.visit_url(visit)).content.decode()
    event = AuditEvent.objects.get(action="appointment.documents_asked")
    assert event.subject_id == str(visit.pk) and "letter" not in str(event.data)


def test_a_second_tap_tells_nothing_twice_and_other_words_take_the_place(
    staff: Client, world: World
) -> None:
    visit = world.book()
    for text in (WORDS, WORDS, "Your vaccination card"):
        ask(staff, visit, text)
    [message] = told()
    assert message.context["documents"] == "Your vaccination card"
    assert len(told("void")) == 1


def test_asked_for_again_after_something_else_it_is_told_again(staff: Client, world: World) -> None:
    visit = world.book()
    for text in (WORDS, "Your vaccination card", WORDS):
        ask(staff, visit, text)
    assert [message.context["documents"] for message in told()] == [WORDS]


def test_who_has_no_address_is_to_be_called(staff: Client, world: World) -> None:
    visit = world.book(patient=factories.patient(email=""))
    assert "please call" in ask(staff, visit, WORDS)
    assert visit.documents_asked == WORDS and told() == []


@pytest.mark.parametrize("text", ["", " \r\n ", "x" * 501])
def test_no_words_and_too_many_are_refused(staff: Client, world: World, text: str) -> None:
    visit = world.book()
    ask(staff, visit, text)
    assert visit.documents_asked == "" and told() == []


def test_nobody_brings_anything_to_a_visit_that_is_cancelled(staff: Client, world: World) -> None:
    visit = world.book()
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
    ask(staff, visit, WORDS)
    assert visit.documents_asked == "" and told() == []


class TestWhatIsWanted:
    def test_each_is_shown_with_what_became_of_it(self, staff: Client, world: World) -> None:
        visit = world.book()
        ask(staff, visit, WORDS)
        said = staff.get(reverse("admin:desk_visit", args=[visit.pk])).content.decode()
        assert WORDS in said and "<strong>missing</strong>" in said

    def test_what_was_brought_on_paper_is_asked_for_no_more(
        self, staff: Client, world: World
    ) -> None:
        visit = world.book()
        ask(staff, visit, WORDS)
        address = reverse("admin:desk_waive", args=[visit.pk])
        staff.post(address, {"wanted": visit.wanted_documents.get().pk})
        assert visit.wanted_documents.get().waived_at is not None
        said = staff.get(reverse("admin:desk_visit", args=[visit.pk])).content.decode()
        assert "<strong>missing</strong>" not in said

    def test_only_of_this_very_visit(self, staff: Client, world: World) -> None:
        visit, other = world.book(), world.book("10:00")
        ask(staff, other, WORDS)
        address = reverse("admin:desk_waive", args=[visit.pk])
        for wanted in (other.wanted_documents.get().pk, "x", "\0", ""):
            assert staff.post(address, {"wanted": wanted}).status_code == 404
        assert other.wanted_documents.get().waived_at is None
