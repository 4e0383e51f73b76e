"""A doctor's morning: who came, who did not, what is asked, and time that is blocked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.queries import forget_current_clinic
from booking import operations
from booking.models import Appointment, Slot, Status, TimeOff
from tests import factories
from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_every_page import NARROW, WHAT_COUNTS

QUARTER = dt.timedelta(minutes=15)


class Morning:
    """A doctor's day around this very moment, in a clinic where it is about noon."""

    def __init__(self, site: Site) -> None:
        self.now = site.now
        hours = 12 - self.now.hour
        # Etc/GMT-3 is three hours *ahead* of Greenwich.
        site.clinic.time_zone = f"Etc/GMT{-hours:+d}" if hours else "UTC"
        site.clinic.save()
        forget_current_clinic()
        self.doctor = site.doctors[0]
        self.doctor.user = factories.user(Role.DOCTOR)
        self.doctor.save()
        Slot.objects.filter(doctor=self.doctor).delete()
        self.first = self.now.replace(minute=self.now.minute // 15 * 15, second=0, microsecond=0)
        factories.cells(self.doctor, self.first - QUARTER, 10)
        self.site = site
        self.late = self.book("Lara Late", -1)
        self.here = self.book("Hugo Here", 1)
        self.next = self.book("Nina Next", 2)
        self.asked = self.book("Asta Asking", 4, visit_type=site.request)
        self.blocked = self.book("Bela Blocked", 6)

    def book(self, name: str, quarter: int, **fields: Any) -> Appointment:
        return operations.book(
            **{
                "visit_type": self.site.checkup,
                "doctor": self.doctor,
                "start": self.first + quarter * QUARTER,
                "patient": factories.patient(name=name),
                "by": factories.SYSTEM,
                "now": self.now - dt.timedelta(days=1),
            }
            | fields
        )


@pytest.fixture
def morning(site: Site) -> Morning:
    return Morning(site)


def press(page: Page, words: str, who: str) -> None:
    page.get_by_role("button", name=named(words, who)).click()


def named(words: str, who: str) -> re.Pattern[str]:
    """A button's name: what it does, and for those who only hear it, with whom."""
    return re.compile(rf"^{words}\s*: {who}$")


def said(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_doctors_morning(
    morning: Morning, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page(javascript=javascript, size=PHONE, patient=morning.doctor)
    page.goto("/day/")
    press(page, "Check in", "Hugo Here")
    said(page, "Hugo Here has arrived.")
    press(page, "Complete", "Hugo Here")
    said(page, "Completed: Hugo Here.")
    press(page, "Undo", "Hugo Here")
    said(page, "Taken back: Hugo Here.")
    press(page, "Complete", "Hugo Here")
    press(page, "Did not come", "Lara Late")
    said(page, "Lara Late did not come.")
    page.locator(".day-list").get_by_role("button", name=named("Accept", "Asta Asking")).click()
    said(page, "Accepted: Asta Asking.")
    somebody_was_faster(page, morning)
    block_with_a_visit_in_it(page, morning)
    found = {visit.patient.name: visit.status for visit in Appointment.objects.all()}
    assert found["Hugo Here"] == Status.COMPLETED
    assert found["Lara Late"] == Status.NO_SHOW
    assert found["Asta Asking"] == found["Bela Blocked"] == Status.BOOKED


def somebody_was_faster(page: Page, morning: Morning) -> None:
    operations.check_in(appointment=morning.next, by=factories.SYSTEM, now=morning.now)
    press(page, "Check in", "Nina Next")
    expect(page.get_by_role("heading", name="Nothing was changed.")).to_contain_text("Nina Next")


def block_with_a_visit_in_it(page: Page, morning: Morning) -> None:
    page.get_by_role("link", name="Block time or take leave").click()
    zone = morning.site.clinic.zone
    start = morning.blocked.start.astimezone(zone)
    page.get_by_label("Time").nth(0).fill(f"{start:%H:%M}")
    page.get_by_label("Time").nth(1).fill(f"{start + QUARTER:%H:%M}")
    page.get_by_role("button", name="Block this time").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 visit stands in this time")
    expect(page.get_by_text("Bela Blocked")).to_be_visible()
    assert not TimeOff.objects.exists()
    page.get_by_role("button", name="Block the time and go on").click()
    expect(page.get_by_role("main").get_by_text("Bela Blocked").first).to_be_visible()
    assert f"/away/{TimeOff.objects.get().pk}/" in page.url


def test_the_week_is_the_clinics_whatever_the_browsers_clock(
    morning: Morning, open_page: Callable[..., Page]
) -> None:
    zone = morning.site.clinic.zone
    wall = morning.here.start.astimezone(zone)
    for theirs in ("Pacific/Auckland", "America/Los_Angeles"):
        page = open_page(patient=morning.doctor, zone=theirs)
        page.goto("/week/")
        event = page.locator(".ec-event", has_text="Hugo Here")
        expect(event).to_contain_text(f"{int(wall.strftime('%I'))}:{wall:%M}")
        top = page.locator(".ec-event", has_text="Lara Late").bounding_box()
        line = page.locator(".ec-now-indicator").bounding_box()
        under = event.bounding_box()
        assert top and line and under
        assert top["y"] < line["y"] < under["y"] + under["height"]
        page.get_by_role("button", name="List").click()
        expect(page.locator("#week-list").get_by_role("link", name="Hugo Here")).to_be_visible()
        expect(event).not_to_be_visible()


def test_the_week_without_javascript_is_a_list(
    morning: Morning, open_page: Callable[..., Page]
) -> None:
    page = open_page(javascript=False, patient=morning.doctor)
    page.goto("/week/")
    page.get_by_role("link", name="Hugo Here").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert f"#visit-{morning.here.pk}" in page.url


def test_the_doctors_pages_are_readable_by_everybody_on_every_width(
    morning: Morning, open_page: Callable[..., Page]
) -> None:
    axe, found = Axe(), []
    page = open_page(size=DESK, patient=morning.doctor)
    visit = f"/day/visits/{morning.blocked.pk}"
    addresses = ["/day/", "/day/requests/", "/week/", "/day/time-off/", "/day/feed/"]
    for address in [*addresses, f"{visit}/cancel/", f"{visit}/note/", "/day/2026-01-01/"]:
        page.set_viewport_size(DESK)
        page.goto(address)
        found += [
            f"{address}: {rule['id']}: {node['html'][:160]}"
            for rule in axe.run(page, options=WHAT_COUNTS).response["violations"]
            for node in rule["nodes"]
        ]
        assert page.locator("h1").count() == 1
        page.set_viewport_size(NARROW)
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            found.append(f"{address} is {width} wide")
    assert not found, "\n".join(found)
