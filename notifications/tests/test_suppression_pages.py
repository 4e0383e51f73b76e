"""Suppressed addresses in the staff portal: found, explained, and allowed again after a warning."""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent, Role
from accounts.operations.roles import sync_role_permissions
from clinic.lib.actor import Actor
from notifications.operations import lift, suppress
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LIST = "/admin/notifications/suppression/"
BY = Actor.system("test")


@pytest.fixture
def staff(client):
    sync_role_permissions()
    factories.clinic()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


def _suppress(address="maria@example.org", reason="bounce", channel="email"):
    return suppress(channel=channel, address=address, reason=reason, by=BY, now=NOW)


def test_it_lists_and_finds_them(staff):
    _suppress()
    _suppress("+14155550123", "opt_out", "sms")
    page = staff.get(LIST).content.decode()
    assert "maria@example.org" in page and "+14155550123" in page
    page = staff.get(LIST, {"q": "Maria@"}).content.decode()
    assert "maria@example.org" in page and "+14155550123" not in page


def test_it_can_show_only_those_that_still_count(staff):
    lift(suppression=_suppress("leo@example.org"), by=BY, now=NOW)
    _suppress()
    page = staff.get(LIST, {"lifted_at": "no"}).content.decode()
    assert "maria@example.org" in page and "leo@example.org" not in page
    page = staff.get(LIST, {"lifted_at": "yes"}).content.decode()
    assert "maria@example.org" not in page and "leo@example.org" in page


@pytest.mark.parametrize("query", ["?lifted_at=maybe", "?reason=x", "?q=%00", "?p=999"])
def test_a_strange_question_is_no_error(staff, query):
    assert staff.get(LIST + query).status_code in (200, 302)


def test_it_says_whose_address_it_is(staff):
    patient = factories.patient(name="Maria <Jones>", email="Maria@Example.org")
    page = staff.get(f"{LIST}{_suppress().pk}/change/").content.decode()
    assert "Maria &lt;Jones&gt;" in page and str(patient.pk) in page


@pytest.mark.parametrize(
    ("reason", "warning"),
    [
        ("bounce", "ask for the right one"),
        ("complaint", "called a message of ours unwanted"),
        ("opt_out", "asked for no more text messages"),
    ],
)
def test_before_it_allows_messages_again_it_warns(staff, reason, warning):
    found = _suppress(reason=reason)
    page = staff.get(f"{LIST}{found.pk}/lift/").content.decode()
    assert warning in page
    found.refresh_from_db()
    assert found.lifted_at is None


def test_allowing_is_recorded_with_who_did_it(staff):
    found = _suppress()
    response = staff.post(f"{LIST}{found.pk}/lift/", follow=True)
    assert "Messages go to this address again." in response.content.decode()
    found.refresh_from_db()
    assert found.lifted_at is not None
    assert AuditEvent.objects.get(action="suppression.lifted").user_id is not None
    assert "/lift/" not in response.content.decode()


def test_a_second_time_is_a_sentence_and_no_error(staff):
    found = _suppress()
    lift(suppression=found, by=BY, now=NOW)
    response = staff.post(f"{LIST}{found.pk}/lift/", follow=True)
    assert "allowed again already" in response.content.decode()


def test_operators_see_no_address(client):
    sync_role_permissions()
    factories.clinic()
    client.force_login(factories.user(Role.OPERATOR, is_staff=True))
    found = _suppress()
    for path in (LIST, f"{LIST}{found.pk}/change/", f"{LIST}{found.pk}/lift/"):
        assert client.get(path).status_code == 403
    assert client.post(f"{LIST}{found.pk}/lift/").status_code == 403
