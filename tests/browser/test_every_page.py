"""Rules that hold for every page: readable by everybody, on every width, quick to load."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response

from tests.browser.conftest import DESK, PHONE, Site

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHAT_COUNTS = {
    "runOnly": {"type": "tag", "values": RULES},
    "resultTypes": ["violations"],
    "preload": False,
}
FIRST_LOAD = 100_000  # bytes, compressed
ACCOUNT_PAGES = [
    "/account/profile/",
    "/account/email/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/logout/",
]
NARROW = {"width": 320, "height": 640}


def visit_all(site: Site, page: Page, look: Callable[[str], None], *, signed_in: bool) -> None:
    """Every page and state that a patient can meet."""
    addresses = ["/", "/book/check-up/", "/book/check-up/?week=2199-01-01", "/no-such-page/"]
    if not signed_in:
        addresses += ["/account/login/", "/account/signup/", "/account/password/reset/"]
    for address in addresses:
        page.goto(address)
        look(address)
    page.goto("/book/check-up/")
    page.locator("button.time").first.click()
    look("the hold")


def visit_own(site: Site, page: Page, look: Callable[[str], None], *, booked: list[str]) -> None:
    for address in ["/appointments/", *ACCOUNT_PAGES, *booked]:
        page.goto(address)
        look(address)


def own_pages(site: Site, patient: object) -> list[str]:
    soon = site.book(patient, days=1)
    later = site.book(patient, days=4)
    asked = site.book(patient, days=5, visit_type=site.request)
    return [
        f"/appointments/{later.pk}/",
        f"/appointments/{later.pk}/booked/",
        f"/appointments/{later.pk}/move/",
        f"/appointments/{later.pk}/cancel/",
        f"/appointments/{asked.pk}/booked/",
        f"/appointments/{asked.pk}/cancel/",
        f"/appointments/{soon.pk}/move/",
    ]


def test_no_page_breaks_a_rule_of_accessibility(site: Site, open_page: Callable[..., Page]) -> None:
    axe = Axe()
    found: list[str] = []
    page = open_page()

    def look(where: str) -> None:
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            results = axe.run(page, options=WHAT_COUNTS).response
            assert results["passes"], where
            found.extend(
                f"{where} ({size['width']}): {rule['id']}: {node['html'][:160]}"
                for rule in results["violations"]
                for node in rule["nodes"]
            )
        if page.locator("h1").count() != 1:
            found.append(f"{where}: {page.locator('h1').count()} h1")

    visit_all(site, page, look, signed_in=False)
    patient = site.patient()
    page = open_page(patient=patient)
    page.goto("/appointments/")
    look("no visits")
    visit_own(site, page, look, booked=own_pages(site, patient))
    visit_all(site, page, look, signed_in=True)
    assert found == []


def test_no_page_scrolls_sideways_on_the_narrowest_screen(
    site: Site, open_page: Callable[..., Page]
) -> None:
    """320 px is also what 1280 px are at 400 % zoom."""
    too_wide: list[str] = []
    patient = site.patient(name="Anastasia-Maximiliana Featherstonehaugh-Wolfeschlegelstein")
    page = open_page(size=NARROW, patient=patient)

    def look(where: str) -> None:
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            too_wide.append(f"{where}: {width}")

    visit_own(site, page, look, booked=own_pages(site, patient))
    visit_all(site, page, look, signed_in=True)
    page = open_page(size=NARROW)
    visit_all(site, page, look, signed_in=False)
    assert too_wide == []


@pytest.mark.parametrize("address", ["/", "/book/check-up/"])
def test_the_first_load_is_light_and_asks_nobody_else(
    site: Site, open_page: Callable[..., Page], address: str
) -> None:
    page = open_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address, wait_until="networkidle")
    sizes = {}
    for response in responses:
        assert response.url.startswith(site.url), response.url
        body = response.body()
        # Pages themselves leave uncompressed (they hold secrets); files are served compressed.
        is_page = "text/html" in response.headers.get("content-type", "")
        sizes[response.url] = len(body) if is_page else len(gzip.compress(body, 9))
    assert len(sizes) > 5
    assert sum(sizes.values()) < FIRST_LOAD, sizes


def test_nothing_jumps_while_a_page_loads(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(size=PHONE, zone="Europe/Berlin")
    for address in ("/", "/book/check-up/"):
        page.goto(address, wait_until="networkidle")
        shift = page.evaluate(
            """() => new Promise((resolve) => {
                let sum = 0;
                new PerformanceObserver((list) => {
                    for (const entry of list.getEntries()) sum += entry.value;
                }).observe({type: "layout-shift", buffered: true});
                setTimeout(() => resolve(sum), 100);
            })"""
        )
        assert shift < 0.01
