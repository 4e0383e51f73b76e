"""A new patient, from the first page to a booked visit, then another time, then cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from booking.models import Appointment, Status
from notifications.models import Message
from tests.browser.conftest import PHONE, Site
from tests.browser.journey import choose_a_time, sign_up


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_new_patient_books_moves_and_cancels_a_visit(
    site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page(javascript=javascript, size=PHONE)
    page.goto("/")
    page.get_by_role("link", name="Check-up").click()
    choose_a_time(page)
    expect(page.get_by_role("heading", name="Who is coming?")).to_be_visible()
    sign_up(page, email="new.patient@example.org", read_code=mailed_code)
    confirm(page)
    change_one_s_mind(page)


def mailed_code(email: str) -> str:
    message = Message.objects.filter(recipient=email, template="code").latest("created_at")
    return str(message.context["code"])


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Check and confirm")
    expect(page.get_by_role("main").get_by_text("Nora New")).to_be_visible()
    page.get_by_label("Reason for the visit").fill("A cough at night")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")
    visit = Appointment.objects.get(status=Status.BOOKED)
    assert visit.reason == "A cough at night"
    assert Message.objects.filter(template="booked", about=f"appointment:{visit.pk}").exists()


def change_one_s_mind(page: Page) -> None:
    page.get_by_role("main").get_by_role("link", name="My appointments").click()
    page.get_by_role("link", name="Move to another time").click()
    before = Appointment.objects.get(status=Status.BOOKED).start
    page.locator("a.day").last.click()
    expect(page.locator("a.day").last).to_have_attribute("aria-current", "date")
    page.locator("button.time").first.click()
    expect(page.get_by_role("status").filter(has_text="Moved to")).to_be_visible()
    assert Appointment.objects.get(status=Status.BOOKED).start != before
    page.get_by_role("link", name="Cancel the visit").click()
    page.get_by_role("button", name="Cancel the visit").click()
    expect(page.get_by_role("status").filter(has_text="Cancelled:")).to_be_visible()
    expect(page.get_by_text("You have no visit booked")).to_be_visible()
    assert Appointment.objects.get(patient__name="Nora New").status == Status.CANCELLED


def test_a_visit_is_booked_with_the_keyboard_alone(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(patient=site.patient())
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Check-up")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a time")
    week = page.locator("#week-title").inner_text()
    tab_to(page, "Later")
    page.keyboard.press("Enter")
    expect(page.locator("#week-title")).not_to_have_text(week)
    # The next part of the page came in, and the keyboard is still where it was.
    expect(page.get_by_role("status")).to_contain_text("free times")
    tab_to(page, "am", role="BUTTON")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check and confirm")
    tab_to(page, "Book this visit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")


def tab_to(page: Page, words: str, *, role: str = "") -> None:
    """Press Tab until what has the focus says `words`; everything on the way shows its focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const it = document.activeElement;
                const row = it.closest(".row-link");
                const ring = [it, row].some(
                    (one) => one && parseFloat(getComputedStyle(one).outlineWidth) >= 2
                        && getComputedStyle(one).outlineStyle !== "none");
                return {text: it.textContent.trim(), tag: it.tagName, ring: ring};
            }"""
        )
        assert focused["ring"], f"no focus ring on {focused}"
        if words in focused["text"] and role in focused["tag"]:
            return
    pytest.fail(f"{words!r} cannot be reached with Tab")


def test_the_first_week_keeps_the_keyboard_when_its_way_back_is_gone(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto("/book/check-up/")
    first = page.locator("#week-title").inner_text()
    page.locator("#later").click()
    expect(page.locator("#week-title")).not_to_have_text(first)
    page.locator("#earlier").click()
    expect(page.locator("#week-title")).to_have_text(first)
    expect(page.locator("#week-title")).to_be_focused()
    page.go_back()
    expect(page.locator("#week-title")).not_to_have_text(first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a time")


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(
    site: Site, open_page: Callable[..., Page]
) -> None:
    patient = site.patient()
    visit = site.book(patient, days=4)
    page = open_page(patient=patient)
    page.goto(f"/appointments/{visit.pk}/move/")
    page.context.clear_cookies()
    page.locator("#later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_time_taken_meanwhile_is_said_and_the_nearest_offered(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page, other = open_page(), open_page()
    for one in (page, other):
        one.goto("/book/skin/")
    other.locator("button.time").first.click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Who is coming?")
    page.locator("button.time").first.click()
    said = page.get_by_role("heading", name="This time has just been taken.")
    expect(said).to_be_focused()
    expect(page.locator("button.time-dated")).to_have_count(3)
    page.locator("button.time-dated").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is coming?")


def test_the_countdown_warns_in_the_last_minute_and_says_when_it_is_over(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.clock.install()
    page.goto("/book/check-up/")
    page.locator("button.time").first.click()
    held = page.locator(".held")
    expect(held).to_contain_text("more minutes")
    page.clock.run_for(9 * 60_000 + 5_000)
    expect(held).to_contain_text("less than a minute")
    expect(held).to_have_class(re.compile("held-soon"))
    page.clock.run_for(60_000)
    expect(held.get_by_role("link", name="See what is free")).to_be_visible()


@pytest.mark.parametrize(("zone", "named"), [("America/Chicago", False), ("Europe/Berlin", True)])
def test_the_zone_is_named_only_to_readers_whose_clock_differs(
    site: Site, open_page: Callable[..., Page], zone: str, named: bool
) -> None:
    page = open_page(zone=zone)
    page.goto("/book/check-up/")
    expect(page.get_by_text("Chicago time")).to_be_visible(visible=named)
