"""Does the site answer, as a patient would meet it? Asked from outside, after a release."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from deploy.release.errors import ReleaseError

PATIENCE = 300  # seconds: a new name must be known, a first task must start
HASHED = re.compile(r"""["'](?:https?://[^"'/]+)?(/static/[^"']+\.[0-9a-f]{12}\.css)["']""")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in small letters
    body: str


Ask = Callable[[str], Answer]


def smoke(
    site: str, *, ask: Ask | None = None, sleep: Callable[[float], None] = time.sleep
) -> None:
    """`site`: "https://clinic.example". Raises ReleaseError with all that is not as it should."""
    ask = ask or over_http
    deadline = time.monotonic() + PATIENCE
    while faults := list(_faults(site, ask)):
        if time.monotonic() > deadline:
            raise ReleaseError("The site is not well: " + "; ".join(faults) + ".")
        sleep(5)
    print(f"{site} answers.")


def _faults(site: str, ask: Ask) -> list[str]:
    ready, home = ask(f"{site}/readyz"), ask(f"{site}/")
    faults = [
        f"{path} says {got.status}"
        for path, got in (("/readyz", ready), ("/", home))
        if got.status != 200
    ]
    if faults:
        return faults
    if "max-age" not in home.headers.get("strict-transport-security", ""):
        faults.append("a browser is not told to insist on TLS")
    if "default-src" not in home.headers.get("content-security-policy", ""):
        faults.append("no content security policy")
    if ask(f"{site}/staff-only-{int(time.time())}").status != 404:
        faults.append("an address that does not exist is no 404")
    return faults + _static(site, home, ask)


def _static(site: str, home: Answer, ask: Ask) -> list[str]:
    found = HASHED.search(home.body)
    if not found:
        return ["the first page names no style sheet with its hash"]
    sheet = ask(site + found[1])
    if sheet.status != 200 or "immutable" not in sheet.headers.get("cache-control", ""):
        return [f"{found[1]} says {sheet.status}, kept: {sheet.headers.get('cache-control')}"]
    return []


def over_http(url: str) -> Answer:
    """Status 0: nobody answered."""
    request = urllib.request.Request(url, headers={"User-Agent": "clinic-release"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as got:  # noqa: S310
            return _read(got.status, got)
    except urllib.error.HTTPError as error:
        return _read(error.code, error)
    except (OSError, ValueError):
        return Answer(0, {}, "")


def _read(status: int, got: object) -> Answer:
    headers = {name.lower(): value for name, value in got.headers.items()}  # type: ignore[attr-defined]
    return Answer(status, headers, got.read(500_000).decode(errors="replace"))  # type: ignore[attr-defined]
