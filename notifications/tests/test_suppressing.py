"""Addresses that nothing is sent to: once, audited, and ended by hand."""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent
from clinic.lib.actor import Actor
from notifications.models import Channel, Suppression
from notifications.operations import AlreadyLifted, lift, suppress
from notifications.queries import suppressed
from tests.factories import NOW

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
BOUNCE = Suppression.Reason.BOUNCE


def _suppress(address: str = "Maria@Example.org", **more):
    values = {"channel": Channel.EMAIL, "reason": BOUNCE, "by": BY, "now": NOW}
    return suppress(address=address, **values | more)


def test_an_address_is_found_however_it_is_written():
    _suppress()
    asked = ["MARIA@example.org", "maria@example.org", "leo@example.org"]
    assert suppressed(channel=Channel.EMAIL, addresses=asked) == {
        "MARIA@example.org": "bounce",
        "maria@example.org": "bounce",
    }
    assert suppressed(channel=Channel.SMS, addresses=asked) == {}
    assert suppressed(channel=Channel.EMAIL, addresses=[]) == {}


@pytest.mark.parametrize("reasons", [["bounce", "complaint"], ["complaint", "bounce"]])
def test_the_same_address_is_suppressed_once_and_its_owners_no_counts_most(reasons):
    made = [_suppress(reason=reason) for reason in reasons]
    assert made[0] is not None and made[1] is None
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINT
    assert AuditEvent.objects.filter(action="suppression.made").count() == 1


def test_a_lifted_address_may_be_written_to_and_be_suppressed_again():
    first = _suppress()
    lift(suppression=first, by=BY, now=NOW)
    assert (first.lifted_at, first.lifted_by) == (NOW, "system:test")
    assert suppressed(channel=Channel.EMAIL, addresses=["maria@example.org"]) == {}
    assert _suppress() is not None
    assert Suppression.objects.count() == 2


def test_a_second_lifting_is_refused_and_not_audited():
    found = _suppress()
    lift(suppression=found, by=BY, now=NOW)
    with pytest.raises(AlreadyLifted, match="allowed again already"):
        lift(suppression=found, by=BY, now=NOW)
    assert AuditEvent.objects.filter(action="suppression.lifted").count() == 1


def test_the_audit_trail_names_no_address():
    lift(suppression=_suppress(), by=BY, now=NOW)
    for event in AuditEvent.objects.filter(action__startswith="suppression."):
        assert "example" not in str(vars(event))
