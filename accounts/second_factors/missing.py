"""Who must have a second factor, and who has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings

from accounts.models import Role, User


class SecondFactorMissing(Exception):
    """A person of this role does this with a second factor, or not at all."""


def roles_of(user: Any) -> frozenset[str]:
    """With what Django's own flags open, should somebody have set them by hand."""
    by_flags = {Role.STAFF.value} if user.is_staff or user.is_superuser else set()
    return frozenset(user.role_names | by_flags)


def is_required(roles: Iterable[str]) -> bool:
    """Whether MFA_REQUIRED names one of these."""
    return not frozenset(settings.MFA_REQUIRED).isdisjoint(roles)


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk).exists()


def missing(user: User) -> bool:
    """Whether this person must have one and has none yet."""
    return is_required(roles_of(user)) and not has_second_factor(user)
