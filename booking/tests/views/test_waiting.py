"""The pages of the waiting list, and the page behind an offer's link."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Patient, Role
from booking import links, operations
from booking.models import Offer, Status, VisitType, WaitlistEntry
from clinic.lib.times import local_day
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


class Place:
    """A clinic with one doctor, who has one time free in a week; nobody sleeps."""

    def __init__(self, settings: Any) -> None:
        settings.WAITLIST_QUIET_UNTIL = settings.WAITLIST_QUIET_FROM
        self.now = timezone.now()
        self.clinic = factories.clinic(time_zone="Europe/Berlin")
        self.doctor = factories.doctor(self.clinic, name="Ada Adams")
        self.kind: VisitType = factories.visit_type(self.clinic, self.doctor, slug="checkup")
        day = self.now + dt.timedelta(days=7)
        self.start = day.replace(hour=9, minute=0, second=0, microsecond=0)
        factories.cells(self.doctor, self.start, 1)
        self.patient: Patient = factories.patient(with_login=True)
        self.client = self.of(self.patient)

    def of(self, patient: Patient) -> Client:
        client = Client()
        client.force_login(patient.user)
        return client

    def dates(self) -> dict[str, str]:
        today = local_day(self.now, self.clinic.zone)
        return {"earliest": f"{today}", "latest": f"{today + dt.timedelta(days=20)}"}

    def join(self) -> WaitlistEntry:
        self.client.post(reverse("waiting_join", args=["checkup"]), self.dates())
        return WaitlistEntry.objects.get(patient=self.patient)

    def offer(self) -> Offer:
        self.join()
        by = {"by": SYSTEM, "now": self.now}
        visit = operations.book(
            visit_type=self.kind, start=self.start, patient=factories.patient(), **by
        )
        operations.cancel(appointment=visit, **by)
        operations.offer_freed_times(now=timezone.now())
        return Offer.objects.get()


@pytest.fixture
def place(settings: Any) -> Place:
    return Place(settings)


def test_the_page_of_times_leads_to_the_list_and_back_after_sign_in(place: Place) -> None:
    url = reverse("waiting_join", args=["checkup"])
    page = Client().get(reverse("times", args=["checkup"]))
    assert f'href="{url}"' in page.content.decode()
    assert Client().get(url)["Location"] == f"/account/login/?next={url}"


def test_joining_shows_at_once_what_is_free_already(place: Place) -> None:
    entry = place.join()
    assert entry.is_open
    page = place.client.get(reverse("waiting", args=[entry.pk]))
    assert [choice.value for choice in page.context["near"]] == [
        f"{place.start:%Y-%m-%dT%H:%M:%SZ}"
    ]
    assert "These times are free now" in page.content.decode()
    shown = place.client.get(reverse("appointments")).content.decode()
    assert "You are waiting for" in shown


def test_joining_twice_is_refused_with_the_reason(place: Place) -> None:
    place.join()
    again = place.client.post(reverse("waiting_join", args=["checkup"]), place.dates())
    assert again.status_code == 409
    assert "already" in again.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"latest": "2020-01-01"},
        {"latest": "9999-12-31"},
        {"earliest": ""},
        {"weekdays": ["9"]},
        {"parts": ["night"]},
        {"doctors": ["x"]},
    ],
)
def test_what_cannot_be_meant_is_shown_again(place: Place, wrong: dict[str, Any]) -> None:
    page = place.client.post(reverse("waiting_join", args=["checkup"]), place.dates() | wrong)
    assert page.status_code in (400, 409)
    assert not WaitlistEntry.objects.exists()


def test_a_carer_joins_for_a_child_and_nobody_for_a_stranger(place: Place) -> None:
    child, stranger = factories.patient(email=""), factories.patient()
    child.cared_for_by.create(user=place.patient.user, opened_at=place.now, opened_by="test")
    url = reverse("waiting_join", args=["checkup"])
    assert place.client.post(url, place.dates() | {"patient": stranger.pk}).status_code == 400
    assert place.client.post(url, place.dates() | {"patient": child.pk}).status_code == 302
    assert WaitlistEntry.objects.get().patient == child
    assert child.name in place.client.get(reverse("appointments")).content.decode()


def test_the_wish_is_changed_and_given_up(place: Place) -> None:
    entry = place.join()
    url = reverse("waiting", args=[entry.pk])
    assert place.client.post(url, place.dates() | {"parts": ["evening"]}).status_code == 302
    entry.refresh_from_db()
    assert entry.parts == ["evening"]
    leave = reverse("waiting_leave", args=[entry.pk])
    assert place.client.get(leave).status_code == 200
    entry.refresh_from_db()
    assert entry.is_open
    place.client.post(leave)
    entry.refresh_from_db()
    assert entry.status == WaitlistEntry.Status.LEFT
    assert place.client.get(url).status_code == 200
    assert place.client.post(url, place.dates()).status_code == 409


def test_a_stranger_is_not_told_of_the_entry(place: Place) -> None:
    entry = place.join()
    stranger = place.of(factories.patient(with_login=True))
    assert stranger.get(reverse("waiting", args=[entry.pk])).status_code == 404
    assert stranger.post(reverse("waiting_leave", args=[entry.pk])).status_code == 404


class TestTheOffersPage:
    def test_a_link_that_was_made_up_leads_nowhere(self, place: Place) -> None:
        offer = place.offer()
        for token in ("x", str(offer.pk), links.offer_path(offer).split("/")[2] + "x"):
            assert Client().get(reverse("offer", args=[token])).status_code == 404
            assert Client().post(reverse("offer", args=[token])).status_code == 404

    def test_to_look_at_it_changes_nothing(self, place: Place) -> None:
        offer = place.offer()
        page = Client().get(links.offer_path(offer))
        assert page.context["state"] == "open"
        offer.refresh_from_db()
        assert offer.status == Offer.Status.OPEN
        assert links.offer_path(offer) in place.client.get(reverse("appointments")).content.decode()

    def test_a_yes_needs_no_sign_in_and_books(self, place: Place) -> None:
        offer = place.offer()
        browser = Client()
        assert browser.post(links.offer_path(offer), {"answer": "yes"}).status_code == 302
        offer.hold.refresh_from_db()
        assert (offer.hold.status, offer.hold.patient) == (Status.BOOKED, place.patient)
        page = browser.get(links.offer_path(offer))
        assert "Your visit is booked" in page.content.decode()
        assert browser.post(links.offer_path(offer), {"answer": "yes"}).status_code == 302

    def test_a_later_visit_of_the_kind_is_asked_after(self, place: Place) -> None:
        factories.cells(place.doctor, place.start + dt.timedelta(days=1), 1)
        later = operations.book(
            visit_type=place.kind,
            start=place.start + dt.timedelta(days=1),
            patient=place.patient,
            by=SYSTEM,
            now=place.now,
        )
        offer = place.offer()
        Client().post(links.offer_path(offer), {"answer": "yes"})
        page = place.client.get(links.offer_path(offer))
        assert reverse("cancel", args=[later.pk]) in page.content.decode()
        forwarded = Client().get(links.offer_path(offer)).content.decode()
        assert "Do you still need" not in forwarded
        assert str(later.pk) not in forwarded

    @pytest.mark.parametrize("answer", ["", "yes", "no"])
    def test_who_has_the_link_alone_learns_neither_name_nor_kind_of_visit(
        self, place: Place, answer: str
    ) -> None:
        VisitType.objects.update(name="Pregnancy test", price="40 euros")
        offer = place.offer()
        Client().post(links.offer_path(offer), {"answer": answer})
        stranger = place.of(factories.patient(with_login=True))
        name = place.patient.name
        if answer != "no":
            own = place.client.get(links.offer_path(offer)).content.decode()
            assert name in own and "Pregnancy test" in own
        for browser in (Client(), stranger):
            page = browser.get(links.offer_path(offer))
            assert page.status_code == 200
            for private in (name, "Pregnancy test", "40 euros", place.kind.slug):
                assert private not in page.content.decode()

    @pytest.mark.parametrize(
        ("answer", "status", "entry"),
        [("no", "declined", "waiting"), ("leave", "declined", "left"), ("", "open", "offered")],
    )
    def test_other_answers(self, place: Place, answer: str, status: str, entry: str) -> None:
        offer = place.offer()
        Client().post(links.offer_path(offer), {"answer": answer})
        offer.refresh_from_db()
        assert (offer.status, offer.entry.status) == (status, entry)
        assert Client().get(links.offer_path(offer)).status_code == 200

    def test_a_yes_that_comes_too_late_is_told_so_kindly(self, place: Place) -> None:
        offer = place.offer()
        moment = timezone.now() - dt.timedelta(seconds=1)
        Offer.objects.update(expires_at=moment)
        type(offer.hold).objects.filter(pk=offer.hold_id).update(held_until=moment)
        page = Client().post(links.offer_path(offer), {"answer": "yes"})
        assert page.status_code == 409
        assert "no longer kept for you" in page.content.decode()

    def test_who_is_busy_by_now_is_told_and_keeps_the_offer(self, place: Place) -> None:
        offer = place.offer()
        other = factories.doctor(place.clinic)
        factories.cells(other, place.start, 1)
        operations.book(
            visit_type=factories.visit_type(place.clinic, other),
            start=place.start,
            patient=place.patient,
            by=SYSTEM,
            now=place.now,
        )
        page = Client().post(links.offer_path(offer), {"answer": "yes"})
        assert page.status_code == 409
        assert page.context["state"] == "open"


class TestThePortal:
    @pytest.fixture
    def staff(self, place: Place) -> Client:
        from accounts.operations.roles import sync_role_permissions

        sync_role_permissions()
        client = Client()
        client.force_login(factories.user(Role.STAFF, is_staff=True))
        return client

    def test_staff_add_an_urgent_entry_for_a_caller(self, place: Place, staff: Client) -> None:
        caller = factories.patient()
        sent = place.dates() | {
            "patient": caller.pk, "visit_type": place.kind.pk, "urgent": "on", "parts": ["morning"],
        }  # fmt: skip
        answer = staff.post(reverse("admin:booking_waitlistentry_add"), sent)
        assert answer.status_code == 302
        entry = WaitlistEntry.objects.get()
        assert (entry.patient, entry.urgent, entry.parts) == (caller, True, ["morning"])

    def test_what_the_operation_refuses_is_said(self, place: Place, staff: Client) -> None:
        sent = place.dates() | {
            "patient": factories.patient(email="").pk, "visit_type": place.kind.pk,
        }  # fmt: skip
        answer = staff.post(reverse("admin:booking_waitlistentry_add"), sent, follow=True)
        assert "no email address" in answer.content.decode()
        assert not WaitlistEntry.objects.exists()

    def test_staff_make_it_urgent(self, place: Place, staff: Client) -> None:
        entry = place.join()
        url = reverse("admin:booking_waitlistentry_change", args=[entry.pk])
        assert staff.post(url, place.dates() | {"urgent": "on"}).status_code == 302
        entry.refresh_from_db()
        assert entry.urgent

    def test_staff_answer_for_a_caller_and_see_who_was_asked(
        self, place: Place, staff: Client
    ) -> None:
        offer = place.offer()
        url = reverse("admin:booking_waitlistentry_answer", args=[offer.entry_id])
        assert staff.get(url).status_code == 200
        assert staff.post(url, {"answer": "yes"}).status_code == 302
        offer.refresh_from_db()
        assert offer.status == Offer.Status.ACCEPTED
        listed = staff.get(reverse("admin:booking_waitlistentry_changelist")).content.decode()
        assert "accepted" in listed
        for name in ("freedtime", "offer"):
            page = staff.get(reverse(f"admin:booking_{name}_changelist"))
            assert page.status_code == 200
        freed = staff.get(reverse("admin:booking_freedtime_change", args=[offer.freed_id]))
        assert place.patient.name in freed.content.decode()


def test_who_books_alone_is_told_that_the_list_still_knows_them(place: Place) -> None:
    booked = operations.book(
        patient=place.patient,
        visit_type=place.kind,
        start=place.start,
        by=SYSTEM,
        now=place.now,
    )
    page = reverse("booked", args=[booked.pk])
    assert "still on the waiting list" not in place.client.get(page).content.decode()

    day = local_day(place.start, place.clinic.zone)
    entry = WaitlistEntry.objects.create(
        clinic=place.clinic,
        patient=place.patient,
        visit_type=place.kind,
        earliest=day,
        latest=day,
        created_at=place.now,
        created_by="user",
    )
    assert reverse("waiting_leave", args=[entry.pk]) in place.client.get(page).content.decode()
