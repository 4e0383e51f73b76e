"""The whole of `make run`: its own stores, web server and worker, and a stranger with a browser."""

from __future__ import annotations

import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local import ports
from tests.browser.conftest import PHONE
from tests.browser.journey import choose_a_time, sign_up
from tests.local.runner import read_until, start_run


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where `make run` serves its demonstration."""
    port = ports.choose(avoid=set())
    with tempfile.TemporaryDirectory(prefix="clinic-local-") as folder:
        process = start_run(Path(folder), port, THROTTLES="on")
        try:
            read_until(process, "Ctrl-C stops everything")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_stranger_books_a_visit_and_reads_the_mail(
    address: str, chromium: Browser, javascript: bool
) -> None:
    context = chromium.new_context(
        base_url=address, viewport=PHONE, java_script_enabled=javascript, timezone_id="UTC"
    )
    page, mailbox = context.new_page(), context.new_page()
    email = f"stranger-{javascript}@example.org".lower()

    page.goto("/")
    page.get_by_role("link", name="Vaccination").click()
    choose_a_time(page)
    sign_up(page, email=email, read_code=lambda _email: code_in(mailbox, email))
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")

    open_mail(mailbox, email, "Your appointment on")
    when = mailbox.get_by_role("heading", level=1).inner_text().removeprefix("Your appointment on ")
    assert when in " ".join(page.get_by_role("main").inner_text().split())
    expect(mailbox.get_by_role("link", name=re.compile("ics"))).to_be_visible()
    context.close()


def code_in(mailbox: Page, email: str) -> str:
    open_mail(mailbox, email, "code")
    found = re.search(r"\b[A-Z0-9]{3,4}-[A-Z0-9]{3,4}\b|\b\d{6}\b", mailbox.content())
    assert found, mailbox.content()
    return found.group()


def open_mail(mailbox: Page, email: str, subject: str) -> None:
    """The newest mail to the address with that subject; it takes a moment to arrive."""
    for _ in range(50):
        mailbox.goto("/mailbox/")
        row = mailbox.locator("li", has_text=email).filter(has_text=subject)
        if row.count():
            row.first.get_by_role("link").click()
            return
        mailbox.wait_for_timeout(200)
    pytest.fail(f"no mail about {subject!r} arrived")
