from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from booking.models import Appointment, Status, VisitType
from tests import factories
from tests.factories import World


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


@pytest.fixture
def request_(world: World, monkeypatch: pytest.MonkeyPatch) -> Appointment:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    return world.book("09:00", visit_type=asked)


def url(name: str, visit: Appointment | None = None) -> str:
    return reverse(f"admin:booking_appointment_{name}", args=[visit.pk] if visit else [])


def test_the_list_and_a_visit_open(staff: Client, request_: Appointment) -> None:
    assert request_.patient.name in staff.get(url("changelist")).content.decode()
    page = staff.get(url("change", request_)).content.decode()
    assert "Answer the request" in page


def test_a_visit_offers_only_what_can_be_done_with_it(
    world: World, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    page = staff.get(url("change", world.book("09:00"))).content.decode()

    assert "Cancel the visit" in page
    assert "Answer the request" not in page
    assert 'name="_save"' not in page


def test_staff_accept_a_request(staff: Client, request_: Appointment) -> None:
    assert staff.get(url("answer", request_)).status_code == 200
    request_.refresh_from_db()
    assert request_.status == Status.PENDING  # looking changes nothing

    staff.post(url("answer", request_), {"answer": "accept"})

    request_.refresh_from_db()
    assert (request_.status, request_.decided_by) == (Status.BOOKED, "user")


def test_declining_asks_for_a_reason(staff: Client, request_: Appointment) -> None:
    refused = staff.post(url("answer", request_), {"answer": "decline", "reason": ""})
    assert "Please say why" in refused.content.decode()

    staff.post(url("answer", request_), {"answer": "decline", "reason": "Not offered"})

    request_.refresh_from_db()
    assert (request_.status, request_.decision_reason) == (Status.DECLINED, "Not offered")


def test_staff_cancel_a_visit_also_late(staff: Client, request_: Appointment) -> None:
    staff.post(url("cancel", request_), {"reason": "The doctor is ill"})

    request_.refresh_from_db()
    assert request_.status == Status.CANCELLED


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.OPERATOR])
def test_nobody_but_staff_sees_or_answers(
    client: Client, request_: Appointment, role: Role
) -> None:
    sync_role_permissions()
    client.force_login(factories.user(role, is_staff=role == Role.OPERATOR))

    for address in (url("changelist"), url("change", request_), url("answer", request_)):
        assert client.get(address).status_code in (302, 403)
    client.post(url("answer", request_), {"answer": "accept"})
    request_.refresh_from_db()
    assert request_.status == Status.PENDING


def test_visit_types_open_and_are_added(staff: Client, world: World) -> None:
    data = {
        "clinic": world.clinic.pk, "name": "Travel advice", "slug": "travel", "minutes": 20,
        "buffer_before": 0, "buffer_after": 0, "notice_minutes": 60, "horizon_days": 30,
        "change_notice_minutes": 60, "position": 0, "active": "on", "doctors": [world.ada.pk],
        "needs-TOTAL_FORMS": 0, "needs-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = staff.post(reverse("admin:booking_visittype_add"), data)

    assert answer.status_code == 302
    assert VisitType.objects.get(slug="travel").doctors.get() == world.ada
    assert world.free(visit_type=VisitType.objects.get(slug="travel"))[0].startswith("09:00")
