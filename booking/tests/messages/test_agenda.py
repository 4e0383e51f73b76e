"""What doctors are told on the evening before."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Clinic, Role
from booking import operations
from booking.messages import send_agendas
from booking.models import Appointment
from notifications.models import Message, Priority
from tests import factories
from tests.factories import NOW, SYSTEM, World, at

pytestmark = pytest.mark.django_db
EVENING = NOW.replace(hour=18)
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def ada(world: World):
    world.ada.user = factories.user(Role.DOCTOR)
    world.ada.save()
    return world.ada


def run(world: World, now: dt.datetime = EVENING, **fields) -> int:
    return send_agendas(clinic=world.clinic, now=now, **fields)


def agendas() -> list[Message]:
    return list(Message.objects.filter(template="agenda"))


def test_the_times_that_are_taken_and_nobodys_name(world, ada):
    patient = factories.patient(name="Leo Moss")
    visit = world.book("09:00", doctor=ada, patient=patient, reason="chest pain")
    asked = world.book("09:30", doctor=ada)
    Appointment.objects.filter(pk=asked.pk).update(status="pending")
    gone = world.book("10:00", doctor=ada)
    operations.cancel(appointment=gone, by=SYSTEM, now=NOW)

    assert run(world) == 1
    [message] = agendas()
    assert (message.recipient, message.priority) == (ada.user.email, Priority.BULK)
    assert message.expires_at == visit.start
    assert message.context["day"] == "Tuesday 2 June"
    assert message.context["visits"] == [
        {"when": "9:00 am – 9:15 am", "pending": False},
        {"when": "9:30 am – 9:45 am", "pending": True},
    ]
    assert (message.context["is_free"], message.context["requests"]) == (False, 1)
    assert message.context["url"].endswith("/day/2026-06-02/")
    told = str(message.context)
    assert "Leo" not in told and "chest" not in told and visit.visit_type.name not in told


def test_in_the_evening_and_once(world, ada):
    world.book(doctor=ada)
    assert run(world, EVENING - MINUTE) == 0
    assert [run(world), run(world), run(world, EVENING + 60 * MINUTE)] == [1, 0, 0]


def test_the_evening_and_the_day_are_the_clinics(world, ada):
    """At 18:00 in Greenwich it is 13:00 in Chicago."""
    world.book(doctor=ada)  # 9:00 UTC on the second: 4:00 there
    world.clinic.time_zone = "America/Chicago"
    assert world.clinic.zone == ZoneInfo("America/Chicago")
    assert run(world, EVENING) == 0  # 13:00 there
    assert run(world, EVENING + dt.timedelta(hours=5)) == 1
    [message] = agendas()
    assert [line["when"] for line in message.context["visits"]] == ["4:00 am – 4:15 am"]


def test_none_of_a_day_without_visits_and_none_to_who_cannot_sign_in_as_that_doctor(world, ada):
    world.book(doctor=world.bob)  # has no login
    assert run(world) == 0
    world.book("10:00", doctor=ada)
    ada.user.groups.clear()
    assert run(world) == 0
    ada.user.add_role(Role.DOCTOR)
    ada.user.is_active = False
    ada.user.save()
    assert run(world) == 0


def test_all_doctors_cost_as_many_queries_as_one(world, ada):
    world.book(doctor=ada)
    with CaptureQueriesContext(connection) as of_one:
        assert run(world) == 1
    Message.objects.all().delete()
    world.bob.user = factories.user(Role.DOCTOR)
    world.bob.save()
    for clock in ("10:00", "10:30"):
        world.book(clock, doctor=world.bob)
    with CaptureQueriesContext(connection) as of_two:
        assert run(world) == 2
    assert len(of_one) == len(of_two)


def test_whoever_has_no_visits_is_told_of_the_requests_that_wait(world, ada):
    asked = world.book(doctor=ada)
    later = asked.start + 3 * DAY
    Appointment.objects.filter(pk=asked.pk).update(
        status="pending",
        start=later,
        end=later + 15 * MINUTE,
        busy_start=later,
        busy_end=later + 15 * MINUTE,
    )
    assert run(world) == 1
    [message] = agendas()
    assert (message.context["is_free"], message.context["requests"]) == (True, 1)
    assert message.expires_at == at("00:00") + DAY


def test_it_is_in_the_language_that_the_doctor_has_chosen_or_speaks(world, ada):
    world.book(doctor=ada)
    ada.languages = ["fr", "es", "en"]
    ada.save()
    run(world)
    [message] = agendas()
    assert (message.language, message.context["day"]) == ("es", "martes 2 de junio")
    factories.patient(user=ada.user, language="en")
    run(world)
    assert [each.language for each in agendas() if each.status == "queued"] == ["en"]


class TestTheDayChanges:
    def waiting(self):
        waiting = [each for each in agendas() if each.status == "queued"]
        return [len(each.context["visits"]) for each in waiting]

    def test_before_it_has_left_it_is_written_anew(self, world, ada):
        visits = [world.book(clock, doctor=ada) for clock in ("09:00", "09:30")]
        run(world)
        for visit, left in zip(visits, ([1], []), strict=True):
            operations.cancel(appointment=visit, by=SYSTEM, now=EVENING)
            run(world)
            assert self.waiting() == left
        world.book("11:00", doctor=ada)
        assert [run(world), run(world)] == [1, 0]
        assert self.waiting() == [1]

    @pytest.mark.parametrize("status", ["sending", "sent", "delivered", "failed"])
    def test_what_has_left_stays_the_only_one(self, world, ada, status):
        visit = world.book(doctor=ada)
        run(world)
        left = {"sent_at": EVENING} if status in ("sent", "delivered") else {}
        begun = {"begun_at": EVENING, "lease": uuid.uuid4(), "leased_until": EVENING + MINUTE}
        begun = begun if status == "sending" else {}
        Message.objects.update(status=status, **left, **begun)
        operations.cancel(appointment=visit, by=SYSTEM, now=EVENING)
        world.book("10:00", doctor=ada)
        assert run(world) == 0
        [message] = agendas()
        assert message.status == status

    def test_a_dry_run_counts_and_changes_nothing(self, world, ada):
        world.book(doctor=ada)
        assert run(world, dry_run=True) == 1
        assert agendas() == []
        run(world)
        world.book("10:00", doctor=ada)
        assert run(world, dry_run=True) == 1
        assert self.waiting() == [1]


class TestTheDoctorsOwnWish:
    def test_who_wants_none_gets_none_and_not_the_one_that_waits(self, world, ada):
        world.book(doctor=ada)
        run(world)
        choose(ada, False)
        assert [each.status for each in agendas()] == ["void"]
        ada.refresh_from_db()
        assert (ada.agenda_by_mail, run(world)) == (False, 0)
        choose(ada, True)
        assert run(world) == 1

    def test_it_is_written_down_once(self, world, ada):
        assert [choose(ada, False), choose(ada, False)] == [True, False]
        assert AuditEvent.objects.filter(action="doctor.agenda_stopped").count() == 1

    def test_it_is_chosen_on_the_page_of_the_calendar_address(self, world, ada, client):
        client.force_login(ada.user)
        for answer, button in [("no", "Send me these mails"), ("yes", "Stop these mails")]:
            page = client.post("/day/agenda/", {"wanted": answer}, follow=True)
            assert button in page.content.decode()


def choose(doctor, wanted: bool) -> bool:
    return operations.choose_agenda(doctor=doctor, wanted=wanted, by=SYSTEM, now=EVENING)


def test_the_command_says_what_it_did(world, ada, capsys):
    Clinic.objects.update(is_current=True)
    world.book(doctor=ada)
    for arguments, said in [
        (["--at", "2026-06-01T17:59"], 0),
        (["--at", "2026-06-01T18:00", "--dry-run"], 1),
        (["--at", "2026-06-01T18:00"], 1),
        (["--at", "2026-06-01T18:10"], 0),
    ]:
        call_command("send_agendas", *arguments, "--json")
        assert json.loads(capsys.readouterr().out)["agendas"] == said
    assert len(agendas()) == 1
