"""What a site must answer before a release counts as done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.release import smoke
from deploy.release.errors import ReleaseError
from deploy.release.smoke import Answer

SITE = "https://clinic.example"
HOME = Answer(
    200,
    {
        "strict-transport-security": "max-age=31536000",
        "content-security-policy": "default-src 'self'",
    },
    '<link href="/static/css/site.0123456789ab.css">',
)
SHEET = Answer(200, {"cache-control": "max-age=31536000, public, immutable"}, "")


def site(**changed: Answer) -> smoke.Ask:
    """`changed`: what is answered at "readyz", "home" or "sheet" instead."""
    paths = {"readyz": "/readyz", "home": "/", "sheet": "/static/css/site.0123456789ab.css"}
    answers = {"readyz": Answer(200, {}, ""), "home": HOME, "sheet": SHEET, **changed}
    by_path = {SITE + path: answers[name] for name, path in paths.items()}
    return lambda url: by_path.get(url, Answer(404, {}, ""))


def judge(ask: smoke.Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "PATIENCE", 0)
    smoke.smoke(SITE, ask=ask, sleep=lambda _: None)


def test_a_site_that_is_well_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    judge(site(), monkeypatch)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"readyz": Answer(503, {}, "")}, "/readyz says 503"),
        ({"readyz": Answer(0, {}, "")}, "/readyz says 0"),
        ({"home": replace(HOME, status=500)}, "/ says 500"),
        ({"home": replace(HOME, headers={})}, "insist on TLS"),
        ({"home": replace(HOME, body="<p>")}, "no style sheet"),
        ({"sheet": replace(SHEET, status=404)}, "says 404"),
        ({"sheet": replace(SHEET, headers={})}, "kept: None"),
    ],
)
def test_each_thing_that_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Answer], fault: str
) -> None:
    with pytest.raises(ReleaseError, match=fault):
        judge(site(**changed), monkeypatch)


def test_a_site_that_answers_everything_is_no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    well = site()

    with pytest.raises(ReleaseError, match="no 404"):
        judge(lambda url: HOME if "staff-only" in url else well(url), monkeypatch)


def test_a_task_that_still_starts_is_waited_for() -> None:
    looks = iter([Answer(503, {}, ""), Answer(200, {}, "")])
    well = site()

    smoke.smoke(
        SITE, ask=lambda url: next(looks) if "readyz" in url else well(url), sleep=lambda _: None
    )


def test_nobody_there_is_an_answer_too() -> None:
    assert smoke.over_http("http://127.0.0.1:1/").status == 0
