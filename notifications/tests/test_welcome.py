"""Whoever proves the address of a new login is told once where everything is."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from accounts.models import Role, User
from notifications import allauth
from notifications.allauth import AccountAdapter
from notifications.models import Message
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clinic() -> None:
    factories.clinic()


def newcomer(role: Role | None = None) -> EmailAddress:
    user = User.objects.create_user("maria@example.org", name="Maria Jones")
    if role is not None:
        user.add_role(role)
    return EmailAddress.objects.create(user=user, email=user.email, primary=True)


def confirm(address: EmailAddress) -> bool:
    request = RequestFactory().post("/")
    request.user = address.user
    with request_context(request):
        return AccountAdapter(request).confirm_email(request, address)


@pytest.fixture(autouse=True)
def _nothing_said_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccountAdapter, "add_message", lambda *args, **kwargs: None)


def welcomes() -> list[Message]:
    return list(Message.objects.filter(template="welcome"))


def test_a_newcomer_is_told_where_to_book_in_the_language_of_the_page() -> None:
    with translation.override("es"):
        assert confirm(newcomer(Role.PATIENT))
    [message] = welcomes()
    assert (message.recipient, message.language) == ("maria@example.org", "es")
    assert message.context["patient_name"] == "Maria Jones"
    assert message.context["clinic_phone"] == "+15550100000"
    assert message.context["url"].endswith(reverse("home"))


def test_nobody_is_welcomed_twice() -> None:
    address = newcomer()
    confirm(address)
    confirm(address)
    assert len(welcomes()) == 1
    Message.objects.all().delete()  # as when what was sent is kept no longer
    user = address.user
    confirm(EmailAddress.objects.create(user=user, email="new@example.org"))
    assert welcomes() == []


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.STAFF, Role.OPERATOR])
def test_the_clinics_own_people_are_no_newcomers(role: Role) -> None:
    assert confirm(newcomer(role))
    assert welcomes() == []


def test_an_address_is_confirmed_with_its_welcome_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(allauth.outbox, "enqueue", away)
    address = newcomer()
    with pytest.raises(RuntimeError):
        confirm(address)
    address.refresh_from_db()
    assert not address.verified
