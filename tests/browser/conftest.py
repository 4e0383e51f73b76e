"""A real browser against a running server, in a clinic that has free times on the coming days."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import Clinic, Doctor, Patient
from accounts.queries import forget_current_clinic
from booking import operations
from booking.models import VisitType
from clinic.lib.times import local_day
from deploy.local import browser as local_browser
from tests import factories

# Playwright keeps an event loop in this thread; Django would refuse its ORM because of it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PATIENCE = 60_000  # milliseconds, for a machine that is busy with something else
expect.set_options(timeout=PATIENCE)

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
ZONE = "America/Chicago"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = local_browser.find()
    if path is None:
        pytest.fail("No browser: `python -m deploy.local.browser` installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Site:
    """A clinic with three doctors, and the address of the server that shows it."""

    def __init__(self, url: str) -> None:
        forget_current_clinic()
        self.url = url
        self.now = timezone.now()
        self.clinic: Clinic = factories.clinic(
            name="Riverside Clinic",
            time_zone=ZONE,
            address="14 Mill Lane\nSpringfield",
            opening_text="Monday to Friday, 8 am to 6 pm",
        )
        names = ["Amara Osei", "Lena Hofmann", "Rafael Ortega"]
        self.doctors: list[Doctor] = [
            factories.doctor(self.clinic, title="Dr", name=name, about="Family medicine")
            for name in names
        ]
        self.checkup: VisitType = factories.visit_type(
            self.clinic,
            *self.doctors,
            slug="check-up",
            name="Check-up",
            description="A first look at anything that troubles you.",
            what_to_bring="Your health card",
            price="$40",
        )
        self.request: VisitType = factories.visit_type(
            self.clinic, self.doctors[0], slug="skin", name="Skin check", needs_approval=True
        )
        for doctor in self.doctors:
            factories.hours(doctor, "10:00", "12:00")
            factories.hours(doctor, "15:00", "18:00")
        today = local_day(self.now, self.clinic.zone)
        operations.generate_slots(
            clinic=self.clinic, now=self.now, first=today, last=today + dt.timedelta(days=9)
        )

    def patient(self, name: str = "Ana Reyes") -> Patient:
        return factories.patient(with_login=True, name=name)

    def book(self, patient: Patient, *, days: int, visit_type: VisitType | None = None) -> Any:
        """The first free time of the day that many days from now."""
        from booking import queries

        visit_type = visit_type or self.checkup
        day = local_day(self.now, self.clinic.zone) + dt.timedelta(days=days)
        free = queries.free_times(visit_type=visit_type, first=day, last=day, now=self.now)
        return operations.book(
            visit_type=visit_type,
            start=free[0].start,
            patient=patient,
            by=factories.SYSTEM,
            now=self.now,
        )


@pytest.fixture
def site(live_server: Any) -> Iterator[Site]:
    yield Site(live_server.url)
    forget_current_clinic()


# What was refused, and what a test itself kept from the page (`route.abort("blockedbyclient")`).
EXPECTED = ("status of 4", "net::ERR_BLOCKED_BY_CLIENT")


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """`open_page(javascript=False, size=PHONE, patient=…)`: a browser of its own.

    At the end it is an error if a page broke the content security policy or its own script.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type in ("error", "warning")
                and not any(expected in message.text for expected in EXPECTED)
                else None
            ),
        )

    def opener(
        *,
        javascript: bool = True,
        size: dict[str, int] = DESK,
        patient: Patient | None = None,
        zone: str = ZONE,
    ) -> Page:
        context = chromium.new_context(
            base_url=site.url,
            viewport=size,
            java_script_enabled=javascript,
            timezone_id=zone,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if patient is not None:
            context.add_cookies([_session_of(patient, site.url)])
        page = context.new_page()
        listen(page)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert complaints == []


def _session_of(patient: Patient, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(patient.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    (cookie,) = [c for name, c in client.cookies.items() if "session" in name]
    return {"name": cookie.key, "value": cookie.value, "url": url}
