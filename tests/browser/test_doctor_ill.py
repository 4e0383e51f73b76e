"""A doctor falls ill: the clinic deals with the day's visits, and a patient chooses by a link."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from booking import operations, queries
from booking.links import proposal_url
from booking.models import Appointment, Proposal
from clinic.lib.times import day_bounds, local_day
from tests import factories
from tests.browser.conftest import PHONE, Site

pytestmark = pytest.mark.django_db(transaction=True)


class Clerk:
    """Somebody of the staff, as `open_page` wants people: with a login."""

    def __init__(self) -> None:
        sync_role_permissions()
        self.user = factories.user(Role.STAFF, is_staff=True)


def test_each_visit_of_the_day_is_moved_or_its_patient_chooses(
    site: Site, open_page: Callable[..., Page]
) -> None:
    ill = site.doctors[0]
    visits = [_with(site, ill, site.patient(name), 2 * i) for i, name in enumerate(("Ben", "Cleo"))]
    day = local_day(visits[0].start, site.clinic.zone)
    start, end = day_bounds(day, site.clinic.zone)
    time_off = operations.add_time_off(
        clinic=site.clinic, doctor=ill, start=start, end=end, by=factories.SYSTEM, now=site.now
    )

    page = open_page(patient=Clerk())
    page.goto("/away/")
    page.get_by_role("link", name=re.compile("Amara Osei")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dr Amara Osei is away")
    expect(page.get_by_text("0 of 2 dealt with")).to_be_visible()

    # The first is moved to the time that suits best; the second patient is asked.
    ben = page.get_by_role("article", name="Ben")
    ben.get_by_role("group", name="Move to").get_by_role("button").first.click()
    expect(page.get_by_text("1 of 2 dealt with")).to_be_visible()
    page.get_by_role("button", name="Ask 1 patient to choose").click()
    expect(page.get_by_text("1 patient has not answered yet")).to_be_visible()
    moved = Appointment.objects.get(pk=visits[0].pk)
    assert (moved.start, moved.doctor == ill) == (visits[0].start, False)

    _choose(site, open_page, Proposal.objects.get(status="open"))

    page.reload()
    expect(page.get_by_text("2 of 2 dealt with")).to_be_visible()
    expect(page.get_by_text("chosen by the patient")).to_be_visible()
    page.goto("/away/")
    expect(page.get_by_text("Every visit is dealt with")).to_be_visible()
    assert time_off.affected.count() == 2


def _with(site: Site, doctor: Any, patient: Any, index: int) -> Appointment:
    day = local_day(site.now, site.clinic.zone) + dt.timedelta(days=3)
    free = queries.free_times(
        visit_type=site.checkup, first=day, last=day, doctor=doctor, now=site.now
    )
    return operations.book(
        visit_type=site.checkup, start=free[index].start, patient=patient, doctor=doctor,
        by=factories.SYSTEM, now=site.now,
    )  # fmt: skip


def _choose(site: Site, open_page: Callable[..., Page], proposal: Proposal) -> None:
    """On a phone, not signed in: the first time was taken in the meantime, the next is chosen."""
    (start, doctor_id), *_more = proposal.offered
    operations.book(
        visit_type=site.checkup, start=start, patient=factories.patient(), by=factories.SYSTEM,
        doctor=next(one for one in site.doctors if one.pk == doctor_id), now=site.now,
    )  # fmt: skip
    phone = open_page(size=PHONE, javascript=False)
    phone.goto("/choose/" + proposal_url(proposal).rsplit("/choose/", 1)[1])
    expect(phone.get_by_role("heading", level=1)).to_have_text("Choose another time")
    expect(phone.get_by_text("has been taken in the meantime")).to_be_visible()
    assert site.checkup.name not in phone.content()
    phone.locator(".choose-times button").first.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your visit has a new time")


def test_a_public_holiday_is_looked_at_and_applied(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(patient=Clerk())
    year = local_day(site.now, site.clinic.zone).year + 1
    page.goto(f"/admin/booking/holidays/?country=US&region=IL&years={year}")
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("New Year")
    for box in page.get_by_role("checkbox", name=re.compile("Close on")).all()[1:]:
        box.uncheck()
    page.get_by_role("button", name="Close the clinic on the chosen days").click()
    expect(page.get_by_text("The clinic is closed on 1 more day.")).to_be_visible()
    expect(rows.first).to_contain_text("closed")
