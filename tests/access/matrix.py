"""Who may ask what of which address: one row for every route of the site.

    Row("appointments/<uuid:pk>/", GET=own(200), at=lambda t: {"pk": t.appointment.pk})

A method that a row does not name must be refused (405, or any of the refusals below) or answer as
GET does, and so must do nothing. `test_access.py` walks the URLconf, fails on a route without
a row and on a row without a route, and makes every request. To add rows, put a file `rows_*.py`
beside this one with a list `ROWS`.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

PERSONS = (
    "anonymous",
    "patient",  # whose things `at` and `send` speak of
    "other_patient",
    "carer",  # looks after the first patient's visits, and is a patient too
    "treating_doctor",
    "other_doctor",
    "staff",
    "operator",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

LOGIN = "sign-in page"  # a redirect there, of whatever kind
REFUSED = {401, 403, 404, 405, LOGIN}

Outcome = int | str
Expected = dict[str, Outcome]


def everyone(outcome: Outcome, **others: Outcome) -> Expected:
    """The same for all, but for those who are named."""
    return dict.fromkeys(PERSONS, outcome) | others


def signed_in(outcome: Outcome, **others: Outcome) -> Expected:
    """For whoever is signed in; others are sent to the sign-in page."""
    return everyone(outcome) | {"anonymous": LOGIN} | others


def own(outcome: Outcome, **others: Outcome) -> Expected:
    """For the patient whose it is; to every other who is signed in it does not exist."""
    return signed_in(404, patient=outcome) | others


def looked_after(outcome: Outcome, **others: Outcome) -> Expected:
    """For the patient, and for the carer in the patient's stead: visits, and nothing else."""
    return own(outcome, carer=outcome) | others


def api_own(outcome: Outcome, **others: Outcome) -> Expected:
    return own(outcome, anonymous=401) | others


def api_looked_after(outcome: Outcome, **others: Outcome) -> Expected:
    return looked_after(outcome, anonymous=401) | others


def portal(*may: str, outcome: Outcome = 200) -> Expected:
    """A page of the staff portal: staff and operators who may not get 403, others the sign-in."""
    refused = everyone(LOGIN, staff=403, operator=403)
    return refused | dict.fromkeys(may, outcome)


@dataclass(frozen=True)
class Row:
    route: str  # as the URLconf has it
    GET: Expected | None = None
    POST: Expected | None = None
    PUT: Expected | None = None
    PATCH: Expected | None = None
    DELETE: Expected | None = None
    # The values of the route's parameters, and what is sent, from the things of conftest.py.
    at: Callable[[Any], dict[str, Any]] = lambda things: {}
    send: Callable[[Any], dict[str, Any]] = lambda things: {}
    json: bool = False
    # Whether a POST without a CSRF token is fine: only where no cookie signs anybody in.
    csrf: bool = field(default=True)
    # Who is asked; fewer where the others cannot differ.
    persons: tuple[str, ...] = PERSONS

    def expected(self, method: str) -> Expected | None:
        value: Expected | None = getattr(self, method)
        return value

    def path(self, things: Any) -> str:
        values = self.at(things)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), self.route)
        return "/" + path


def form(route: str, expected: Expected, **more: Any) -> Row:
    """A page of Django's or allauth's class with a form: it takes PUT for POST."""
    return Row(route, GET=expected, POST=expected, PUT=expected, **more)


def rows() -> dict[str, Row]:
    """Every row by its route, from the files rows_*.py."""
    import tests.access as package

    found: dict[str, Row] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("rows_"):
            for row in import_module(f"tests.access.{module.name}").ROWS:
                assert row.route not in found, f"two rows for {row.route}"
                found[row.route] = row
    return found
