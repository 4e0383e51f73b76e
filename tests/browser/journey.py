"""What a new patient does in a browser, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def choose_a_time(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a time")
    days = page.locator("a.day")
    label = days.last.locator(".visually-hidden").inner_text().split(",")[0]
    days.last.click()
    expect(page.locator("#day-title")).to_have_text(label)
    page.get_by_role("link", name="Afternoon").click()
    expect(page.get_by_role("group", name="Morning")).to_have_count(0)
    page.get_by_role("group", name="Afternoon").get_by_role("button").first.click()


def sign_up(page: Page, *, email: str, read_code: Callable[[str], str]) -> None:
    """`read_code` finds the code that was mailed to the address."""
    expect(page.get_by_text("Kept for you").first).to_be_visible()
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_text("Kept for you").first).to_be_visible()
    page.get_by_label("Full name").fill("Nora New")
    page.get_by_label("Day").fill("27")
    page.get_by_label("Month").fill("3")
    page.get_by_label("Year").fill("1985")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill("four unrelated words")
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label(re.compile("Code")).fill(read_code(email))
    page.get_by_role("button", name=re.compile("Confirm|Continue")).click()
