"""One patient cancels, and the next on the waiting list books the freed time from the offer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking import operations, queries
from booking.models import Appointment, Slot, SlotStatus, Status
from clinic.lib.times import local_day
from notifications.models import Message
from tests.browser.conftest import DESK, PHONE, Site
from tests.factories import SYSTEM


@pytest.fixture
def by_day(settings: Any) -> None:
    """Whatever the clock says, nobody sleeps."""
    settings.WAITLIST_QUIET_UNTIL = settings.WAITLIST_QUIET_FROM


def test_the_next_on_the_waiting_list_books_what_became_free(
    by_day: None, site: Site, open_page: Callable[..., Page]
) -> None:
    ana, ben = site.patient("Ana Reyes"), site.patient("Ben Hart")
    visit = site.book(ana, days=5)
    Slot.objects.filter(status=SlotStatus.FREE).update(status=SlotStatus.BLOCKED)
    bens = open_page(patient=ben, size=PHONE)
    join(bens)
    anas = open_page(patient=ana)
    anas.goto(f"/appointments/{visit.pk}/cancel/")
    anas.get_by_role("button", name="Cancel the visit").click()
    expect(anas.get_by_role("status").filter(has_text="Cancelled:")).to_be_visible()

    operations.offer_freed_times(now=timezone.now())  # what a worker does within a second

    message = Message.objects.get(template="waitlist_offer")
    assert message.recipient == ben.email
    assert free_on(site, visit) == [], "a third person never sees it free"
    link = message.context["url"].split("/offer/")[1]
    from_mail = open_page(size=PHONE)  # another browser, not signed in
    from_mail.goto(f"/offer/{link}")
    expect(from_mail.get_by_role("heading", level=1)).to_have_text("A time is free for you")
    expect(from_mail.get_by_text("Kept for you for").first).to_be_visible()
    from_mail.get_by_role("button", name="Yes, book this time").click()
    expect(from_mail.get_by_role("heading", level=1)).to_have_text("Your visit is booked")
    booked = Appointment.objects.get(status=Status.BOOKED)
    assert (booked.patient, booked.start, booked.doctor) == (ben, visit.start, visit.doctor)
    assert free_on(site, visit) == []
    bens.goto("/appointments/")
    expect(bens.get_by_text("Your next visit")).to_be_visible()
    expect(bens.get_by_text("You are waiting for")).to_have_count(0)


def join(page: Page) -> None:
    page.goto("/book/check-up/")
    page.get_by_role("link", name="Tell me when something earlier is free").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tell me when something is free")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Join the waiting list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the waiting list")
    expect(page.get_by_text("There is nothing you need to do")).to_be_visible()


def free_on(site: Site, visit: Appointment) -> list[queries.FreeTime]:
    day = local_day(visit.start, site.clinic.zone)
    return queries.free_times(visit_type=site.checkup, first=day, last=day, now=timezone.now())


def test_a_no_works_without_javascript(
    by_day: None, site: Site, open_page: Callable[..., Page]
) -> None:
    visit = site.book(site.patient(), days=5)
    Slot.objects.filter(status=SlotStatus.FREE).update(status=SlotStatus.BLOCKED)
    page = open_page(patient=site.patient("Ben Hart"), javascript=False, size=DESK)
    join(page)
    now = timezone.now()
    operations.cancel(appointment=visit, by=SYSTEM, now=now)
    operations.offer_freed_times(now=now + dt.timedelta(seconds=1))
    page.goto("/appointments/")
    page.get_by_role("link", name="A time is free for you").click()
    page.get_by_role("button", name="No, thank you").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for telling us")
    page.get_by_role("link", name="What you wish for").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the waiting list")
