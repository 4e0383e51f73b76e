"""The API's page of documentation, and the page behind a guest's mailed link."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from booking import links, queries
from booking.operations.guests import request_as_guest
from clinic.lib.actor import Actor
from clinic.lib.times import local_day
from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_every_page import WHAT_COUNTS


def shot(page: Page, name: str) -> None:
    """A look at it, where SHOTS names a directory."""
    if directory := os.environ.get("SHOTS"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True)


def test_the_documentation_works_under_the_strict_policy(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(size=DESK)
    page.goto("/api/v1/docs/")
    page.get_by_text("/api/v1/availability").first.click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    shot(page, "docs")


def guest_link(site: Site) -> str:
    day = local_day(site.now, site.clinic.zone) + dt.timedelta(days=3)
    free = queries.free_times(visit_type=site.checkup, first=day, last=day, now=site.now)
    asked = request_as_guest(
        name="Gus Guest",
        email="gus@example.org",
        language="en",
        visit_type=site.checkup,
        start=free[0].start,
        doctor=site.doctors[0],
        by=Actor.guest(),
        now=site.now,
    )
    return links.guest_url(asked).partition("/request/")[2]


def test_a_guest_confirms_a_request_without_javascript_too(
    site: Site, open_page: Callable[..., Page]
) -> None:
    address = f"/request/{guest_link(site)}"
    axe = Axe()
    for size, javascript in ((PHONE, False), (DESK, True)):
        page = open_page(size=size, javascript=javascript)
        page.goto(address)
        shot(page, f"guest-{size['width']}")
        if javascript:
            assert axe.run(page, options=WHAT_COUNTS).violations_count == 0
            continue
        page.get_by_role("button", name="Confirm my request").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your request is confirmed")
    assert page.get_by_role("heading", level=1).inner_text() == "Your request is confirmed"
    page.goto("/request/forged/")
    assert axe.run(page, options=WHAT_COUNTS).violations_count == 0
    shot(page, "guest-forged")
