"""Pages behind links: found by nobody who was not given one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

pytestmark = pytest.mark.django_db

# A calendar program's own address, and allauth's pages, which are for who asked for them just now.
NAMES = ["choose", "guest_confirm", "offer", "stop_reminders", "visit", "visit_calendar"]
NAMES += ["visit_move"]


def _with_a_token(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _with_a_token(each.url_patterns)
        elif "<str:token>" in str(each.pattern):
            yield str(each.name)


def test_all_of_them_are_known_here() -> None:
    assert sorted(set(_with_a_token(get_resolver().url_patterns)) - {"feed"}) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_search_engine_lists_them_and_nobody_keeps_or_frames_them(name: str) -> None:
    page = Client().get(reverse(name, args=["x" * 40]))
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["Referrer-Policy"] in ("same-origin", "no-referrer")
