"""A carer books two children one after the other, and a course with one date that does not fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import Care
from booking import operations
from booking.models import Appointment, Status
from tests import factories
from tests.browser.conftest import PHONE, Site
from tests.factories import SYSTEM

WEEK = dt.timedelta(days=7)


def test_two_children_one_after_the_other(site: Site, open_page: Callable[..., Page]) -> None:
    carer = site.patient()
    for name in ("Leo Reyes", "Mia Reyes"):
        child = factories.patient(name=name, email="")
        Care.objects.create(user=carer.user, patient=child, opened_at=site.now, opened_by="test")
    page = open_page(size=PHONE, patient=carer)
    page.goto("/book/check-up/")
    page.get_by_role("link", name="Book for several people at once").click()
    page.get_by_label("Leo Reyes").check()
    page.get_by_label("Mia Reyes").check()
    page.get_by_role("button", name="Show the times").click()
    page.locator("a.day").last.click()
    expect(page.locator("a.day").last).to_have_attribute("aria-current", "date")
    page.locator("button.time").first.click()
    expect(page.get_by_label("One after another")).to_be_checked()
    page.get_by_role("button", name="Book all 2 visits").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visits are booked")
    one, other = Appointment.objects.order_by("start")
    assert (one.patient.name, other.patient.name) == ("Leo Reyes", "Mia Reyes")
    assert one.end == other.start and one.doctor == other.doctor


def test_a_course_with_one_date_that_does_not_fit(
    site: Site, open_page: Callable[..., Page]
) -> None:
    first = site.book(factories.patient(), days=2)
    for doctor in site.doctors:
        operations.book(
            visit_type=site.checkup,
            start=first.start + WEEK,
            doctor=doctor,
            patient=factories.patient(),
            by=SYSTEM,
            now=site.now,
        )
    page = open_page(size=PHONE, patient=site.patient())
    page.goto("/book/check-up/")
    page.get_by_role("link", name="Repeat a visit every few weeks").click()
    page.goto(f"/book/check-up/course/?day={first.start:%Y-%m-%d}")
    page.locator("button.time").first.click()
    page.get_by_label("Every").fill("1")
    page.get_by_label("In all").fill("2")
    page.get_by_role("button", name="Show the dates").click()
    conflict = page.get_by_role("group").filter(has_text="This time is taken.")
    conflict.get_by_role("radio").first.check()
    page.get_by_role("button", name="Book these visits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visits are booked")
    booked = Appointment.objects.filter(group__isnull=False, status=Status.BOOKED)
    assert booked.count() == 2
    assert first.start + WEEK not in booked.values_list("start", flat=True)
