"""The front desk's morning in a browser: a walk-in, drags, a refusal, a reason, the keyboard."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Doctor, Patient, Role
from accounts.operations.roles import sync_role_permissions
from booking import operations
from booking.models import Appointment, Override, Status
from clinic.lib.actor import Actor
from clinic.lib.times import instant, local_day
from tests import factories
from tests.browser.conftest import DESK, PHONE, Site
from tests.factories import SYSTEM


class Desk:
    """Tomorrow at the desk: Ana at 10:00 and Ben at 11:00 with the first doctor."""

    def __init__(self, site: Site, open_page: Callable[..., Page]) -> None:
        self.site = site
        sync_role_permissions()
        self.staff = factories.user(Role.STAFF, is_staff=True, name="Robin Castellano")
        self.open_page = open_page
        self.day = local_day(site.now, site.clinic.zone) + dt.timedelta(days=1)
        self.ana = self.book("Ana Reyes", "10:00", phone="+13125550182")
        self.ben = self.book("Ben Carter", "11:00")

    def at(self, clock: str) -> dt.datetime:
        return instant(self.day, dt.time.fromisoformat(clock), self.site.clinic.zone)

    def book(self, name: str, clock: str, doctor: int = 0, **fields: Any) -> Appointment:
        patient = factories.patient(name=name, **fields)
        return operations.book(
            patient=patient, visit_type=self.site.checkup, start=self.at(clock),
            doctor=self.site.doctors[doctor], by=SYSTEM, now=self.site.now,
        )  # fmt: skip

    def walk_in(self, name: str, **fields: Any) -> Appointment:
        """Somebody who is here now, whatever the hour."""
        return operations.book(
            patient=factories.patient(name=name, **fields), visit_type=self.site.checkup,
            start=self.site.now.replace(second=0, microsecond=0), doctor=self.site.doctors[0],
            override="Came by", by=Actor.of_user(self.staff), now=self.site.now,
        )  # fmt: skip

    def open(self, **options: Any) -> Page:
        person = Patient(user=self.staff)  # whose session it is
        page = self.open_page(patient=person, **options)
        page.goto(f"/admin/desk/{self.day}/")
        return page


@pytest.fixture
def desk(site: Site, open_page: Callable[..., Page]) -> Desk:
    return Desk(site, open_page)


def event(page: Page, visit: Appointment) -> Locator:
    return page.locator(f'.ec-event[data-id="{visit.pk}"]')


def drag(page: Page, visit: Appointment, *, minutes: int = 0, columns: int = 0) -> None:
    box = event(page, visit).bounding_box()
    assert box is not None
    width = page.locator(".ec-body .ec-day").first.bounding_box()["width"]  # type: ignore[index]
    x, y = box["x"] + 40, box["y"] + 6
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.4, 0.8, 1):
        page.mouse.move(x + columns * width * part, y + minutes / 15 * 34 * part, steps=4)
    page.mouse.up()


def place(visit: Appointment) -> tuple[dt.datetime, Doctor]:
    visit.refresh_from_db()
    return visit.start, visit.doctor


def test_a_visit_is_dragged_to_another_time_and_to_another_doctor(desk: Desk) -> None:
    page = desk.open()

    drag(page, desk.ana, minutes=30)
    expect(page.locator("#desk-said")).to_contain_text("10:30 am")
    assert place(desk.ana) == (desk.at("10:30"), desk.site.doctors[0])

    drag(page, desk.ana, columns=1)  # with the version that the first answer gave
    expect(page.locator("#desk-said")).to_contain_text("Dr Lena Hofmann")
    assert place(desk.ana) == (desk.at("10:30"), desk.site.doctors[1])

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#desk-said")).to_contain_text("Dr Amara Osei")
    assert place(desk.ana) == (desk.at("10:30"), desk.site.doctors[0])


def test_a_refused_drag_snaps_back_with_the_reason(desk: Desk) -> None:
    page = desk.open()
    before = event(page, desk.ana).bounding_box()

    drag(page, desk.ana, minutes=60)  # on Ben

    dialog = page.get_by_role("dialog", name="Not moved")
    expect(dialog).to_contain_text("taken")
    expect(page.get_by_role("button", name="Move anyway")).to_be_hidden()  # no guarantee is broken
    page.get_by_role("button", name="Leave it where it was").click()
    expect(page.locator("#desk-said")).to_contain_text("The visit stays where it was.")
    assert event(page, desk.ana).bounding_box() == before
    assert place(desk.ana)[0] == desk.at("10:00")


def test_a_visit_that_was_moved_meanwhile_is_not_dragged_from_where_it_no_longer_is(
    desk: Desk,
) -> None:
    page = desk.open()
    operations.reschedule(
        appointment=desk.ana, start=desk.at("15:00"), by=SYSTEM, now=timezone.now()
    )

    drag(page, desk.ana, minutes=30)

    expect(page.get_by_role("dialog", name="Not moved")).to_contain_text("Moved by the system")
    assert place(desk.ana)[0] == desk.at("15:00")


def test_a_rule_is_broken_with_a_reason_that_is_recorded(desk: Desk) -> None:
    page = desk.open()

    drag(page, desk.ben, minutes=75)  # 12:15: the doctor is at lunch
    dialog = page.get_by_role("dialog", name="Not moved")
    expect(dialog).to_contain_text("outside of the hours")
    page.keyboard.type("The doctor agrees")
    page.get_by_role("button", name="Move anyway").click()

    expect(page.locator("#desk-said")).to_contain_text("12:15 pm")
    assert place(desk.ben)[0] == desk.at("12:15")
    override = Override.objects.get(appointment=desk.ben)
    assert (override.reason, override.user) == ("The doctor agrees", desk.staff)


def test_a_visit_is_moved_with_the_keyboard_alone(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("ArrowDown")
    expect(event(page, desk.ana)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(event(page, desk.ben)).to_be_focused()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Move the visit")
    wanted = page.get_by_role("group", name="Dr Amara Osei").get_by_role("button", name="3:15 pm")
    wanted.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("The patient is told").first).to_be_visible()
    assert place(desk.ben)[0] == desk.at("15:15")


def test_a_visit_is_moved_without_javascript(desk: Desk) -> None:
    page = desk.open(javascript=False)
    page.get_by_role("link", name="Ana Reyes").click()
    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_role("button", name="3:30 pm").first.click()

    assert place(desk.ana)[0] == desk.at("15:30")


def test_a_known_patient_is_booked_in_a_few_keys(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find a patient")).to_be_focused()
    page.keyboard.type("0182")
    expect(page.get_by_role("link", name="Ana Reyes")).to_be_visible()

    started = time.monotonic()
    page.keyboard.press("Enter")
    expect(page.locator("#desk-chosen-text")).to_contain_text("Ana Reyes")
    page.get_by_label("Internal note").fill("Called at noon")
    if page.get_by_label("Book anyway").is_visible():
        page.get_by_label("Book anyway").fill("Urgent")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Booked: Ana Reyes").first).to_be_visible()

    assert time.monotonic() - started < 20
    visit = Appointment.objects.filter(patient=desk.ana.patient).latest("created_at")
    assert (visit.source, visit.internal_note) == ("desk", "Called at noon")


def test_a_walk_in_who_is_new_is_booked_from_a_free_spot_in_under_20_seconds(desk: Desk) -> None:
    page = desk.open()
    keys = 0

    def press(text: str) -> None:
        nonlocal keys
        keys += len(text)
        page.keyboard.type(text)

    started = time.monotonic()
    spot = page.locator(".ec-body .ec-day").nth(1).bounding_box()
    where = event(page, desk.ana).bounding_box()
    assert spot and where
    page.mouse.click(spot["x"] + 60, where["y"] + 34 * 2 + 4)  # 10:30 of the second doctor
    expect(page.get_by_label("Day and time")).to_have_value(f"{desk.day}T10:30")
    expect(page.get_by_label("Find the patient")).to_be_focused()  # the cursor stands there
    press("Nora New")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Full name")).to_have_value("Nora New")
    page.get_by_label("Date of birth").fill("1985-03-27")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Booked: Nora New").first).to_be_visible()
    took = time.monotonic() - started

    visit = Appointment.objects.get(patient__name="Nora New")
    assert place(visit) == (desk.at("10:30"), desk.site.doctors[1])
    assert visit.patient.date_of_birth == dt.date(1985, 3, 27)
    assert took < 20
    assert keys + 2 + 8 < 30  # and one click


def test_somebody_known_is_not_written_down_twice(desk: Desk) -> None:
    page = desk.open()
    page.goto(f"/admin/desk/book/?start={desk.day}T15:00&doctor={desk.site.doctors[2].pk}")
    page.get_by_text("A new patient").click()
    page.get_by_label("Full name").fill("Anna Reyes")
    page.get_by_role("button", name="Book the visit").last.click()
    expect(page.get_by_text("Perhaps we know this patient already")).to_be_visible()
    page.get_by_role("button", name="Ana Reyes").click()
    page.get_by_role("button", name="Book the visit").last.click()

    expect(page.get_by_text("Booked: Ana Reyes").first).to_be_visible()
    assert Patient.objects.filter(name__contains="Reyes").count() == 1


def test_a_visit_opens_over_the_day_and_is_checked_in(desk: Desk) -> None:
    visit = desk.walk_in("Cleo Park", phone="+13125550199")
    page = desk.open()
    event(page, desk.ana).click()  # tomorrow: nobody has arrived yet
    panel = page.get_by_role("dialog", name="Visit")
    expect(panel).to_contain_text("+13125550182")
    expect(panel.get_by_role("button", name="Check in")).to_have_count(0)

    page.goto("/admin/desk/")
    event(page, visit).click()
    expect(panel).to_contain_text("+13125550199")
    panel.get_by_role("button", name="Check in").click()

    expect(event(page, visit)).to_contain_text("arrived")
    visit.refresh_from_db()
    assert visit.status == Status.CHECKED_IN


def test_the_line_of_now_and_the_times_are_the_clinics(desk: Desk) -> None:
    page = desk.open(zone="Asia/Tokyo")

    assert "10:00 am" in (event(page, desk.ana).get_attribute("aria-label") or "")
    hour = page.locator(".ec-slot time", has_text="10:00").first.bounding_box()
    box = event(page, desk.ana).bounding_box()
    assert hour and box
    assert abs(hour["y"] + hour["height"] / 2 - box["y"]) < 4


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_of_the_desk_breaks_a_rule_of_accessibility(
    desk: Desk, size: dict[str, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, axe, found = desk.open(size=size), Axe(), []
    pages = [
        f"/admin/desk/{desk.day}/", "/admin/desk/book/", "/admin/desk/requests/",
        f"/admin/desk/visit/{desk.ana.pk}/", f"/admin/desk/visit/{desk.ana.pk}/move/",
        f"/admin/desk/{desk.day}/print/", "/admin/",
    ]  # fmt: skip
    for address in pages:
        page.goto(address)
        ours = {"include": [[".desk"]]} if page.locator(".desk").count() else None
        results = axe.run(page, context=ours, options={"resultTypes": ["violations"]}).response
        found += [
            f"{address}: {rule['id']}: {node['html'][:140]}"
            for rule in results["violations"]
            for node in rule["nodes"]
            # The widget makes its buttons of articles.
            if not (rule["id"] == "aria-allowed-role" and "ec-event" in node["html"])
        ]
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append(f"{address} scrolls sideways")
    assert not found, "\n".join(found)


def test_a_name_is_text_wherever_it_is_shown(desk: Desk) -> None:
    name = '<img src=x onerror="window.ran=1">\'"</script>Eve'
    patient = desk.ana.patient
    assert patient is not None
    patient.name = name
    patient.save()
    page = desk.open()

    expect(event(page, desk.ana)).to_contain_text(name)
    event(page, desk.ana).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#desk-find input[type=search]").fill("script>Eve")
    expect(page.locator("#desk-find .desk-found")).to_contain_text(name)
    assert page.evaluate("window.ran") is None
