from __future__ import annotations

import io
import re

from django.core.management import call_command
from django.test import Client

from tests.factories import World


def test_the_schema_is_valid_and_complete(world: World) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())
    document = Client().get("/api/v1/schema/").json()
    assert document["openapi"].startswith("3.")
    for path in (
        "/api/v1/availability",
        "/api/v1/appointments/{id}/reschedule",
        "/api/v1/auth/token",
        "/book-appointment",
    ):
        assert path in document["paths"]


def test_every_change_of_bookings_takes_a_key_and_says_how_it_is_refused(world: World) -> None:
    paths = Client().get("/api/v1/schema/").json()["paths"]
    changes = [
        post
        for path, methods in paths.items()
        for method, post in methods.items()
        if method == "post" and "/auth/" not in path
    ]
    assert len(changes) == 5
    for post in changes:
        assert "Idempotency-Key" in {each["name"] for each in post["parameters"]}
        conflict = post["responses"]["409"]["content"]["application/problem+json"]
        assert conflict["schema"]["$ref"].endswith("ProblemDocument")


def test_the_page_needs_nothing_that_the_policy_forbids(world: World) -> None:
    response = Client().get("/api/v1/docs/?lang=%00&version=%0a")
    page = response.content.decode()
    assert response.status_code == 200
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script>|javascript:|https?://", page)
    script = Client().get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema/" in script.content


def test_odd_parameters_of_the_schema_are_ignored(world: World) -> None:
    assert Client().get("/api/v1/schema/?lang=%00&version=a%0ab&format=x").status_code == 200
