"""Every route, person and method is asked, and answers as its row says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.matrix import LOGIN, METHODS, REFUSED, Outcome, Row, rows

ROWS = rows()
# Not a table's matter: the portal's list of one app, and its answer to whatever is left.
PATTERNS = ("admin/^(?P<app_label>", "admin/(?P<url>.*)$")


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(PATTERNS):
            yield route


ROUTES = list(dict.fromkeys(routes(get_resolver())))


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_has_a_row(route: str):
    assert route in ROWS, f"add a row for {route!r} to tests/access/rows_*.py"


def test_every_row_has_a_route():
    assert not set(ROWS) - set(ROUTES)


def outcome_of(response: Any) -> Outcome:
    to_sign_in = ("/account/login/", "/admin/login/")
    if response.status_code in (301, 302) and response["Location"].startswith(to_sign_in):
        return LOGIN
    return int(response.status_code)


def undone_later() -> transaction.Atomic:
    """A transaction around a request. What insists on its own commit takes it for the test's."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    return block


def ask(client: Client, row: Row, method: str, things: Any) -> Outcome:
    """Make the request, and undo whatever it did."""
    options: dict[str, Any] = {}
    if method != "GET":
        options["data"] = row.send(things)
        if row.json:
            options["content_type"] = "application/json"
        elif method != "POST":
            options = {"data": "", "content_type": "application/x-www-form-urlencoded"}
    with undone_later():
        response = getattr(client, method.lower())(row.path(things), **options)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return outcome_of(response)


# Enough to ask by a method that nobody may use.
SOME = ("patient", "staff")


def test_everybody_gets_what_the_row_says(things: Any, subtests: Any):
    """One test over all rows: the eight persons are made once, and each request is undone."""
    for row in ROWS.values():
        with subtests.test(row.route):
            wrong = [line for method in METHODS for line in differences(row, method, things)]
            assert not wrong, f"/{row.route}\n" + "\n".join(wrong)


def differences(row: Row, method: str, things: Any) -> Iterator[str]:
    expected = row.expected(method)
    for person in row.persons if expected else SOME:
        got = ask(things.client(person), row, method, things)
        if expected is None and got not in REFUSED | {(row.GET or {}).get(person)}:
            yield f"{method} by {person}: {got}, not a refusal"
        if expected is not None and got != expected[person]:
            yield f"{method} by {person}: {got}, not {expected[person]}"


def test_no_other_site_can_post_in_a_patients_name(things: Any, subtests: Any):
    for row in ROWS.values():
        if row.POST and row.csrf:
            with subtests.test(row.route):
                client = things.client("patient", enforce_csrf_checks=True)
                assert ask(client, row, "POST", things) in (403, LOGIN)
