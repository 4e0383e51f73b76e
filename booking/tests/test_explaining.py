"""Why a time is not offered: every reason has its case, and none is given for what is offered."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from booking import explaining, operations, queries
from booking.models import Slot, TimeOff, VisitType
from tests import factories
from tests.factories import NOW, TOMORROW, World, at

MINUTE = dt.timedelta(minutes=1)


class Messy(World):
    """A day on which everything stands in the way somewhere."""

    def __init__(self) -> None:
        super().__init__()
        for someone in (self.ada, self.bob):
            factories.hours(someone, "09:00", "12:00")
            factories.hours(someone, "13:10", "15:00")
        self.device = factories.room(self.clinic, name="Ultrasound")
        self.long = factories.visit_type(self.clinic, self.ada, self.bob, minutes=40)
        self.tidy = factories.visit_type(
            self.clinic, self.ada, self.bob, buffer_before=10, buffer_after=15
        )
        self.scan = factories.visit_type(self.clinic, self.ada, self.bob, minutes=30)
        factories.need(self.scan, self.device)
        self.soon = factories.visit_type(self.clinic, self.ada, horizon_days=1, notice_minutes=0)
        self.rare = factories.visit_type(self.clinic, self.bob)
        operations.generate_slots(
            clinic=self.clinic, now=NOW, first=TOMORROW, last=TOMORROW + dt.timedelta(days=1)
        )
        self.visit = self.book("09:30", doctor=self.ada, patient=self.patient)
        self.book("13:25", doctor=self.ada, visit_type=self.tidy)
        self.book("10:30", doctor=self.bob, visit_type=self.scan)
        self.held = self.hold("10:15", doctor=self.ada)
        TimeOff.objects.create(
            clinic=self.clinic, doctor=self.ada, start=at("11:00"), end=at("11:20")
        )
        operations.generate_slots(clinic=self.clinic, now=NOW, first=TOMORROW, last=TOMORROW)

    @property
    def types(self) -> list[VisitType]:
        return [self.checkup, self.long, self.tidy, self.scan, self.soon, self.rare]

    def why(self, clock: str, **fields: object) -> list[explaining.Reason]:
        wanted = {"visit_type": self.checkup, "doctor": self.ada, "day": TOMORROW, "now": NOW}
        found = explaining.explain(**wanted | {"start": at(clock)} | fields)
        return [*found.reasons, *found.starts[0].reasons]

    def codes(self, clock: str, **fields: object) -> list[str]:
        return [reason.code for reason in self.why(clock, **fields)]


@pytest.fixture
def messy(db: None) -> Messy:
    return Messy()


@pytest.mark.parametrize(
    "now",
    [NOW, NOW + 10 * MINUTE, at("08:20"), at("09:40"), at("13:30"), NOW - dt.timedelta(days=59.9)],
)
def test_no_reason_is_given_exactly_for_what_is_offered(messy: Messy, now: dt.datetime) -> None:
    seen = set()
    for visit_type in messy.types:
        for doctor in (messy.ada, messy.bob):
            for day in (TOMORROW, TOMORROW + dt.timedelta(days=1), TOMORROW + dt.timedelta(days=7)):
                found = explaining.explain(visit_type=visit_type, doctor=doctor, day=day, now=now)
                free = queries.free_times(
                    visit_type=visit_type, first=day, last=day, doctor=doctor, now=now
                )
                unexplained = {
                    one.start for one in found.starts if not (found.reasons or one.reasons)
                }
                assert unexplained == {some.start for some in free}
                seen |= {reason.code for one in found.starts for reason in one.reasons}
    assert {"taken", "time-off", "too-short", "buffer", "no-room", "no-cells"} <= seen


def test_an_offered_time_has_no_reason(messy: Messy) -> None:
    assert messy.codes("09:00") == []


def test_staff_read_whose_visit_it_is(messy: Messy) -> None:
    (reason,) = messy.why("09:30")

    assert reason.code == "taken"
    assert reason.sentence == f"Taken: {messy.patient.name}, 9:30 am – 9:45 am."


def test_a_hold_is_told_with_its_end_and_not_after_it(messy: Messy) -> None:
    (reason,) = messy.why("10:15")
    assert reason == explaining.Reason("held", "Held for somebody until 12:10 pm.")
    assert messy.codes("10:15", now=messy.held.held_until) == []


def test_time_off_is_told_with_its_kind_and_end(messy: Messy) -> None:
    assert messy.why("11:00")[0].sentence == "Time off (leave) until Tuesday 2 June, 11:20 am."


def test_notice_and_horizon_are_told_with_their_moments(messy: Messy) -> None:
    (notice,) = messy.why("09:00", now=at("08:30"))
    assert notice.sentence == "Too soon: it could be booked until Tuesday 2 June, 8:00 am."
    (horizon,) = messy.why("09:00", now=NOW - dt.timedelta(days=61))
    assert horizon.sentence == "Too far ahead: it can be booked from Friday 3 April, 9:00 am."


@pytest.mark.parametrize(
    ("clock", "code"),
    [("12:15", "outside-hours"), ("09:05", "off-grid"), ("11:55", "off-grid")],
)
def test_what_is_no_start_at_all_is_told_so(messy: Messy, clock: str, code: str) -> None:
    assert messy.codes(clock) == [code]


def test_off_the_grid_the_nearest_starts_are_named(messy: Messy) -> None:
    assert messy.why("09:05")[0].sentence == "Visits cannot start then, but at 9:00 am and 9:15 am."


def test_cells_that_are_not_made_yet_are_told_so(messy: Messy) -> None:
    Slot.objects.filter(doctor=messy.ada, start=at("14:40")).delete()

    assert messy.codes("14:40") == ["no-cells"]


def test_too_little_time_in_one_piece_is_counted(messy: Messy) -> None:
    (reason,) = messy.why("11:45", visit_type=messy.long)
    assert reason.sentence == "Not enough time in one piece: 1 of 3 cells."


def test_a_buffer_is_told_with_what_it_would_stand_on(messy: Messy) -> None:
    (reason,) = messy.why("09:15", visit_type=messy.tidy)
    assert reason.code == "buffer"
    assert messy.patient.name in reason.sentence


def test_a_room_in_use_is_named(messy: Messy) -> None:
    (reason,) = messy.why("10:30", visit_type=messy.scan)
    assert reason.code == "no-room"
    assert "Ultrasound is in use" in reason.sentence


def test_every_reason_is_told_not_the_first_alone(messy: Messy) -> None:
    codes = messy.codes("09:15", visit_type=messy.long, now=at("09:00"))
    assert codes == ["notice", "taken"]


def test_what_is_of_the_whole_day_is_told_once(messy: Messy) -> None:
    messy.ada.active = False
    messy.checkup.active = False
    messy.rare.active = False

    assert messy.codes("09:00", visit_type=messy.rare)[:3] == [
        "type-inactive", "doctor-inactive", "not-offered",
    ]  # fmt: skip


@pytest.fixture
def staff(client: Client, messy: Messy) -> Client:
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


def test_the_page_answers_for_each_doctor(messy: Messy, staff: Client) -> None:
    asked = {"visit_type": messy.checkup.pk, "day": TOMORROW.isoformat(), "time": "09:30"}

    page = staff.get(reverse("admin:booking_why"), asked).content.decode()

    assert "Ada Adams" in page
    assert "Bob Brown" in page
    assert f"Taken: {messy.patient.name}" in page


def test_the_page_asks_before_it_answers(staff: Client) -> None:
    assert staff.get(reverse("admin:booking_why")).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"visit_type": "x", "day": "2026-06-02"},
        {"visit_type": "", "day": "never"},
        {"visit_type": "", "day": "0001-01-01"},
        {"visit_type": "", "day": "2026-06-02", "time": "25:00", "doctor": "nobody"},
    ],
)
def test_a_wrong_question_is_shown_again(staff: Client, wrong: dict[str, str]) -> None:
    assert staff.get(reverse("admin:booking_why"), wrong).status_code == 400
