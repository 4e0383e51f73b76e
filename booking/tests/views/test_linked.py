"""The pages behind the link that a visit's messages carry."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from booking import operations, visit_links
from booking.models import Appointment, ChangeRequest, Status
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, World, at

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon_before():
    """A day and a half before the visit: it can still be changed, and be confirmed."""
    with time_machine.travel(NOW - 12 * HOUR, tick=False):
        yield


@pytest.fixture
def visit(world: World) -> Appointment:
    return world.book("10:00", doctor=world.ada, patient=factories.patient(), notify=True)


def url(visit: Appointment, name: str = "visit") -> str:
    return reverse(name, args=[visit_links.token_of(visit.pk, visit.version)])


def seen(visit: Appointment) -> str:
    return Client().get(url(visit)).content.decode().replace("\N{NO-BREAK SPACE}", " ")


def press(visit: Appointment, answer: str, **fields):
    values = {"answer": answer, "version": visit.version, **fields}
    return Client().post(url(visit), values, follow=True)


def test_the_page_speaks_the_language_of_the_message_until_another_is_chosen(visit):
    visit.patient.language = "es"
    visit.patient.save()
    browser = Client(headers={"accept-language": "en"})
    assert "Cancelar la cita" in browser.get(url(visit)).content.decode()
    assert "Cambiar su cita" in browser.get(url(visit, "visit_move")).content.decode()
    browser.post(reverse("choose_language"), {"language": "en", "next": url(visit)})
    assert "Cancel the visit" in browser.get(url(visit)).content.decode()


class TestTheLink:
    def test_it_names_the_visit_in_forty_characters(self, visit):
        token = visit_links.token_of(visit.pk, 3)
        assert len(token) == 40
        assert visit_links.named_by(token) == (visit.pk, 3)

    def test_one_letter_less_or_another_is_a_forged_one(self, visit):
        token = visit_links.token_of(visit.pk, 1)
        forged = [token[:-1], token + "A", "ä" * 40, "", visit_links.token_of(visit.pk, 2)[:24]]
        forged += [
            token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in (0, 39)
        ]
        for each in forged:
            assert visit_links.named_by(each) is None

    def test_it_outlives_a_change_of_the_key(self, visit, settings):
        token = visit_links.token_of(visit.pk, 1)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "b" * 50
        assert visit_links.named_by(token)
        settings.SECRET_KEY_FALLBACKS = []
        assert visit_links.named_by(token) is None

    def test_messages_carry_it(self, visit):
        assert Message.objects.get(template="booked").context["url"].endswith(url(visit))

    @pytest.mark.parametrize("name", ["visit", "visit_move", "visit_calendar"])
    def test_a_forged_one_finds_nothing(self, db, name):
        for method in ("get", "post"):
            if (method, name) != ("post", "visit_calendar"):
                answer = getattr(Client(), method)(reverse(name, args=["x" * 40]))
                assert answer.status_code == 404
                assert "This link does not work" in answer.content.decode()

    def test_a_held_time_has_no_page(self, world):
        assert Client().get(url(world.hold())).status_code == 404


class TestThePage:
    def test_it_says_what_the_message_said_and_nothing_private(self, world, visit):
        Appointment.objects.update(reason="chest pain")
        page = seen(visit)
        assert "Tuesday 2 June, 10:00 am" in page and "Ada Adams" in page
        for private in (world.checkup.name, "chest pain", visit.patient.name, visit.patient.email):
            assert private not in page

    def test_to_look_changes_nothing(self, visit):
        before = AuditEvent.objects.count()
        Client().get(url(visit))
        visit.refresh_from_db()
        assert (visit.status, visit.confirmed_at) == (Status.BOOKED, None)
        assert AuditEvent.objects.count() == before

    def test_the_patient_says_that_he_will_come(self, visit):
        page = press(visit, "coming").content.decode()
        visit.refresh_from_db()
        assert visit.confirmed_at is not None
        assert "You told us that you will come" in page
        event = AuditEvent.objects.get(action="appointment.attendance_confirmed")
        assert (event.actor, event.user_id, event.patient_id) == ("link", None, visit.patient_id)

    def test_the_patient_cancels(self, visit):
        page = press(visit, "cancel")
        visit.refresh_from_db()
        assert (visit.status, visit.ended_by) == (Status.CANCELLED, "link")
        assert "This visit is cancelled" in page.content.decode()
        assert Message.objects.filter(template="cancelled").exists()

    def test_too_late_to_cancel_the_clinic_is_asked(self, visit):
        with time_machine.travel(at("08:00"), tick=False):
            assert press(visit, "cancel").status_code == 409
            page = press(visit, "ask-cancel", message="I am ill").content.decode()
        wish = ChangeRequest.objects.get()
        assert (wish.kind, wish.message, wish.appointment_id) == ("cancel", "I am ill", visit.pk)
        assert "It has not answered yet" in page
        visit.refresh_from_db()
        assert visit.status == Status.BOOKED

    @pytest.mark.parametrize("values", [{"answer": "delete"}, {"answer": "cancel"}, {}])
    def test_what_it_did_not_offer_is_refused(self, visit, values):
        assert Client().post(url(visit), values).status_code == 400

    def test_it_ends_with_the_visit(self, visit):
        with time_machine.travel(visit.end, tick=False):
            for answer in (Client().get(url(visit)), press(visit, "coming")):
                assert answer.status_code == 410
                assert "Ada Adams" not in answer.content.decode()
            assert Client().get(url(visit, "visit_move")).status_code == 410
            assert Client().get(url(visit, "visit_calendar")).status_code == 410

    def test_the_calendar_file(self, visit):
        answer = Client().get(url(visit, "visit_calendar"))
        assert answer["Content-Type"].startswith("text/calendar")
        assert b"METHOD:PUBLISH" in answer.content


class TestAnOldLink:
    @pytest.fixture
    def moved(self, visit):
        return operations.reschedule(
            appointment=visit, start=at("11:00"), by=SYSTEM, now=NOW - 12 * HOUR
        )

    def test_it_shows_how_the_visit_stands(self, visit, moved):
        page = seen(visit)
        assert "11:00 am" in page and "has changed since we sent you this link" in page

    @pytest.mark.parametrize("answer", ["coming", "cancel"])
    def test_a_page_that_showed_the_old_time_does_not_act_on_the_new(self, visit, moved, answer):
        refused = Client().post(url(visit), {"answer": answer, "version": 1})
        assert refused.status_code == 409
        assert "This is how your visit stands now" in refused.content.decode()
        moved.refresh_from_db()
        assert (moved.status, moved.confirmed_at) == (Status.BOOKED, None)

    def test_what_it_shows_now_can_be_acted_on(self, visit, moved):
        assert press(visit, "cancel", version=moved.version).status_code == 200
        moved.refresh_from_db()
        assert moved.status == Status.CANCELLED


class TestMoving:
    def test_another_time_is_chosen_without_signing_in(self, world, visit):
        page = Client().get(url(visit, "visit_move")).content.decode()
        assert world.checkup.name not in page
        assert f'action="{url(visit, "visit_move")}"' in page
        answer = Client().post(
            url(visit, "visit_move"), {"start": at("11:30").isoformat()}, follow=True
        )
        visit.refresh_from_db()
        assert visit.start == at("11:30")
        assert answer.redirect_chain[0][0] == url(visit), "the link of the new version"
        page = answer.content.decode()
        assert "Moved to Tuesday 2 June, 11:30 am" in page and "has changed since" not in page

    def test_a_taken_time_is_refused_with_what_is_near(self, world, visit):
        world.book("11:30", doctor=world.ada)
        world.book("11:30", doctor=world.bob)
        answer = Client().post(url(visit, "visit_move"), {"start": at("11:30").isoformat()})
        assert answer.status_code == 409
        visit.refresh_from_db()
        assert visit.start == at("10:00")
        assert url(visit, "visit_move") in answer.content.decode()

    def test_no_time_at_all_is_refused(self, visit):
        assert Client().post(url(visit, "visit_move"), {"start": "soon"}).status_code == 400

    def test_too_late_it_leads_to_asking(self, visit):
        with time_machine.travel(at("08:00"), tick=False):
            answer = Client().get(url(visit, "visit_move"))
        assert answer.status_code == 409
        assert "Ask for another time" in answer.content.decode()
