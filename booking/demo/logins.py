"""The logins that a demonstration offers on its first page."""

from __future__ import annotations

from typing import NamedTuple

from accounts.models import Role

# Public on purpose: these logins exist only where DEMO is on, beside invented people.
PASSWORD = "maple-harbor-42"  # noqa: S105


class Login(NamedTuple):
    role: Role
    email: str
    name: str


LOGINS = [
    Login(Role.PATIENT, "patient@demo.example", "Jordan Ellis"),
    Login(Role.DOCTOR, "doctor@demo.example", "Amara Okafor"),
    Login(Role.STAFF, "staff@demo.example", "Robin Castellano"),
    Login(Role.OPERATOR, "operator@demo.example", "Kim Lindqvist"),
]
