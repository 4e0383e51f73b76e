"""Several people at once, and the same visit every few weeks."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import Care, Patient
from booking.models import Appointment, Status
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


@pytest.fixture
def children(world: factories.World, patient_client: Client) -> list[Patient]:
    found = [factories.patient(name=name, email="") for name in ("Leo Patient", "Mia Patient")]
    for child in found:
        Care.objects.create(
            user=patient_client.patient.user, patient=child, opened_at=NOW, opened_by="test"
        )
    return found


def iso(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def values(page: str, name: str) -> list[str]:
    return [unescape(v) for v in re.findall(rf'name="{name}" value="([^"]*)"', page)]


class TestTogether:
    URL = "/book/checkup/together/"

    def who(self, children: list[Patient]) -> dict[str, object]:
        return {"who": [str(child.pk) for child in children]}

    def test_first_it_is_asked_who_comes(
        self, patient_client: Client, children: list[Patient]
    ) -> None:
        page = patient_client.get(self.URL).content.decode()
        assert "Leo Patient" in page and "Mia Patient" in page
        page = patient_client.get(self.URL, {"who": str(children[0].pk)}).content.decode()
        assert "Choose at least 2 people" in page

    def test_strangers_do_not_count(self, patient_client: Client, children: list[Patient]) -> None:
        who = [str(children[0].pk), str(factories.patient().pk)]
        assert "Choose at least 2" in patient_client.get(self.URL, {"who": who}).content.decode()

    def test_only_starts_that_suit_all_are_shown(
        self, world: factories.World, patient_client: Client, children: list[Patient]
    ) -> None:
        for clock in ("09:15", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00"):
            world.book(clock, doctor=world.ada)
        for clock in ("09:00", "09:30", "10:00", "10:15", "10:30", "10:45", "11:00"):
            world.book(clock, doctor=world.bob)
        page = patient_client.get(self.URL, self.who(children)).content.decode()
        # Ada 9:00 9:30 11:15–11:45, Bob 9:15 9:45 11:15–11:45: only the last three cells fit two.
        assert values(page, "start") == [iso(at(clock)) for clock in ("11:15", "11:30", "11:45")]
        assert f'name="who" value="{children[0].pk}"' in page
        assert "who=" in page  # the links of the week keep it

    def test_one_button_books_all_one_after_another(
        self, world: factories.World, patient_client: Client, children: list[Patient]
    ) -> None:
        asked = {**self.who(children), "start": iso(at("09:00"))}
        page = patient_client.get(self.URL + "check/", asked).content.decode()
        row, _side = values(page, "plan")

        sent = {**asked, "plan": row, "reason": ["Cough", ""]}
        done = patient_client.post(self.URL + "check/", sent, follow=True)

        visits = Appointment.objects.order_by("start")
        assert [(v.patient, v.start, v.reason) for v in visits] == [
            (children[0], at("09:00"), "Cough"),
            (children[1], at("09:15"), ""),
        ]
        assert visits[0].doctor == visits[1].doctor and visits[0].group == visits[1].group
        assert "Your visits are booked" in done.content.decode()

    @pytest.mark.parametrize(
        ("reason", "status"), [("Cough\0", 302), ("long " * 401, 409)], ids=["nul", "too-long"]
    )
    def test_what_is_written_is_kept_or_refused_but_never_cut(
        self,
        world: factories.World,
        patient_client: Client,
        children: list[Patient],
        reason: str,
        status: int,
    ) -> None:
        asked = {**self.who(children), "start": iso(at("09:00"))}
        page = patient_client.get(self.URL + "check/", asked).content.decode()
        sent = {**asked, "plan": values(page, "plan")[0], "reason": [reason, ""]}

        answer = patient_client.post(self.URL + "check/", sent)

        assert answer.status_code == status
        kept = set(Appointment.objects.values_list("reason", flat=True))
        assert kept == ({"Cough", ""} if status == 302 else set())

    def test_or_side_by_side(
        self, world: factories.World, patient_client: Client, children: list[Patient]
    ) -> None:
        asked = {**self.who(children), "start": iso(at("09:00"))}
        page = patient_client.get(self.URL + "check/", asked).content.decode()
        patient_client.post(self.URL + "check/", {**asked, "plan": values(page, "plan")[1]})
        assert {v.start for v in Appointment.objects.all()} == {at("09:00")}
        assert {v.doctor for v in Appointment.objects.all()} == {world.ada, world.bob}

    def test_a_time_taken_meanwhile_books_nothing_and_shows_others(
        self, world: factories.World, patient_client: Client, children: list[Patient]
    ) -> None:
        asked = {**self.who(children), "start": iso(at("09:00"))}
        page = patient_client.get(self.URL + "check/", asked).content.decode()
        plan = values(page, "plan")[0]
        for doctor in (world.ada, world.bob):
            world.book("09:15", doctor=doctor)

        response = patient_client.post(self.URL + "check/", {**asked, "plan": plan})

        page = response.content.decode()
        assert response.status_code == 409
        assert "9:15 am: This time has just been taken." in page and "Nothing was booked" in page
        assert iso(at("09:30")) in page
        assert not Appointment.objects.filter(patient__in=children).exists()

    def test_a_plan_for_other_people_is_no_plan(
        self, world: factories.World, patient_client: Client, children: list[Patient]
    ) -> None:
        asked = {**self.who(children), "start": iso(at("09:00"))}
        page = patient_client.get(self.URL + "check/", asked).content.decode()
        plan = values(page, "plan")[0]
        stranger = plan.replace(children[0].pk.hex, factories.patient().pk.hex)
        for wrong in (stranger, plan.split(",")[0], "", "x", plan.replace("T09", "T99")):
            response = patient_client.post(self.URL + "check/", {**asked, "plan": wrong})
            assert response.status_code == 400, wrong
        assert not Appointment.objects.exists()

    def test_a_group_is_shown_to_whose_visits_it_has(
        self,
        world: factories.World,
        patient_client: Client,
        stranger_client: Client,
        children: list[Patient],
    ) -> None:
        asked = {**self.who(children), "start": iso(at("09:00"))}
        page = patient_client.get(self.URL + "check/", asked).content.decode()
        sent = {**asked, "plan": values(page, "plan")[0]}
        url = patient_client.post(self.URL + "check/", sent)["Location"]
        assert patient_client.get(url).status_code == 200
        assert stranger_client.get(url).status_code == 404


class TestCourse:
    URL = "/book/checkup/course/"

    @pytest.fixture(autouse=True)
    def _weeks(self, world: factories.World) -> None:
        """Ada has the same cells in the two weeks that follow."""
        for weeks in (1, 2):
            factories.cells(world.ada, at("09:00") + weeks * WEEK, 12)

    def asked(self, **changes: object) -> dict[str, object]:
        return {"start": iso(at("09:00")), "weeks": 1, "count": 3, **changes}

    def page(self, client: Client, **changes: object) -> str:
        return client.get(self.URL + "dates/", self.asked(**changes)).content.decode()

    def test_it_begins_with_the_first_time(
        self, world: factories.World, patient_client: Client
    ) -> None:
        page = patient_client.get(self.URL).content.decode()
        assert 'action="/book/checkup/course/dates/"' in page and iso(at("09:00")) in page
        response = patient_client.get(self.URL + "dates/", {"start": "x"})
        assert response["Location"] == self.URL

    def test_dates_that_fit_are_booked_together(
        self, world: factories.World, patient_client: Client
    ) -> None:
        page = self.page(patient_client)
        picks = {f"visit-{n}": values(page, f"visit-{n}")[0] for n in range(3)}

        done = patient_client.post(self.URL + "dates/", {**self.asked(), **picks}, follow=True)

        visits = Appointment.objects.order_by("start")
        assert [visit.start for visit in visits] == [at("09:00") + n * WEEK for n in range(3)]
        assert len({visit.group for visit in visits}) == 1
        assert "3 visits" in done.content.decode()

    def test_a_conflict_is_shown_with_alternatives_and_must_be_decided(
        self, world: factories.World, patient_client: Client
    ) -> None:
        world.book("09:00", start=at("09:00") + WEEK)
        page = self.page(patient_client)
        assert "This time is taken." in page
        offered = values(page, "visit-1")
        assert len(offered) == 4 and offered[-1] == "none"
        picks = {f"visit-{n}": values(page, f"visit-{n}")[0] for n in (0, 2)}

        assert (
            patient_client.post(self.URL + "dates/", {**self.asked(), **picks}).status_code == 400
        )
        sent = {**self.asked(), **picks, "visit-1": offered[0]}
        assert patient_client.post(self.URL + "dates/", sent).status_code == 302

        starts = Appointment.objects.filter(group__isnull=False).values_list("start", flat=True)
        assert sorted(starts)[1] == at("09:15") + WEEK

    def test_beyond_the_horizon_is_said_and_can_be_left_out(
        self, world: factories.World, patient_client: Client
    ) -> None:
        page = self.page(patient_client, weeks=9, count=2)
        assert "further ahead than can be booked yet" in page
        assert values(page, "visit-1") == ["none"]
        sent = {**self.asked(weeks=9, count=2), "visit-1": "none"}
        sent["visit-0"] = values(page, "visit-0")[0]
        assert patient_client.post(self.URL + "dates/", sent).status_code == 302
        assert Appointment.objects.count() == 1

    def test_a_date_taken_meanwhile_books_none_and_is_marked(
        self, world: factories.World, patient_client: Client
    ) -> None:
        page = self.page(patient_client)
        picks = {f"visit-{n}": values(page, f"visit-{n}")[0] for n in range(3)}
        world.book("09:00", start=at("09:00") + 2 * WEEK)

        response = patient_client.post(self.URL + "dates/", {**self.asked(), **picks})

        assert response.status_code == 409
        page = response.content.decode()
        assert "Tuesday 16 June, 9:00 am: This time has just been taken." in page
        assert len(values(page, "visit-2")) == 4 and len(values(page, "visit-0")) == 1
        assert Appointment.objects.filter(status=Status.BOOKED).count() == 1

    def test_ones_own_other_visit_is_a_conflict(
        self, world: factories.World, patient_client: Client
    ) -> None:
        world.book("09:00", start=at("09:00") + WEEK, patient=patient_client.patient)
        assert "You have another appointment then." in self.page(patient_client)
