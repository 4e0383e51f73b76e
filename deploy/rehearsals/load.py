"""Patients who look at pages and book, at a steady rate, and write down what they were told.

Each request is due at its moment, whatever the earlier ones took: one that waited for an earlier
answer has waited, too, and its time says so. Nothing is tried again: a failed request is counted.
"""

from __future__ import annotations

import datetime as dt
import itertools
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from deploy.rehearsals.judging import Booked, Sample
from deploy.rehearsals.people import SLUG

# Every third request books; the others look, as most people do.
KINDS = ("booking", "page", "page")
CLIENTS = 12
DAYS = 7
TIMEOUT = 20.0


class Load:
    """`with Load(url, people, rate=20) as load:` runs until the block ends.

    `samples` and `journal` may be read meanwhile; `clock()` is the time on which both are written.
    """

    def __init__(self, url: str, people: list[dict[str, str]], *, rate: float) -> None:
        self.url, self.rate = url, rate
        self.samples: list[Sample] = []
        self.journal: list[Booked] = []
        self._pages = itertools.cycle(_pages())
        self._wishes: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        for wish in _in_turn([free_times(url, person) for person in people]):
            self._wishes.put(wish)
        self._turns = itertools.count()
        self._over = threading.Event()
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CLIENTS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 5)

    def clock(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self._began

    def run_for(self, seconds: float) -> None:
        self._over.wait(seconds)

    def _ask(self) -> None:
        with client(self.url) as web:
            while not self._over.is_set():
                turn = next(self._turns)
                due = turn / self.rate
                if self._over.wait(max(0.0, due - self.clock())):
                    return
                kind = KINDS[turn % len(KINDS)]
                self.samples.append(
                    self._book(web, due) if kind == "booking" else self._look(web, due)
                )

    def _look(self, web: httpx.Client, due: float) -> Sample:
        try:
            answer = web.get(next(self._pages))
        except httpx.HTTPError as error:
            return self._sample(due, "page", 0, type(error).__name__)
        return self._sample(due, "page", answer.status_code)

    def _book(self, web: httpx.Client, due: float) -> Sample:
        try:
            wish = self._wishes.get_nowait()
        except queue.Empty:
            return self._sample(due, "booking", 0, "no free time is left for the load")
        try:
            answer = book(web, wish)
        except httpx.HTTPError as error:
            return self._sample(due, "booking", 0, type(error).__name__)
        if answer.status_code == 201:
            told = answer.json()
            self.journal.append(Booked(self.clock(), told["id"], wish["doctor"], wish["start"]))
        return self._sample(due, "booking", answer.status_code)

    def _sample(self, due: float, kind: str, status: int, trouble: str = "") -> Sample:
        return Sample(due, kind, 1000 * (self.clock() - due), status, trouble)


def client(url: str) -> httpx.Client:
    """Keeps its connection, as a balancer does; what the balancer would say is said."""
    headers = {"X-Forwarded-Proto": "https"}
    return httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False, headers=headers)


def book(web: httpx.Client, wish: dict[str, str]) -> httpx.Response:
    """Ask for a time; `wish` has `token`, `doctor` and `start`."""
    body: dict[str, Any] = {"visit_type": SLUG, "start": wish["start"], "doctor": wish["doctor"]}
    headers = {
        "Authorization": f"Bearer {wish['token']}",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    return web.post("/api/v1/appointments", json=body, headers=headers)


def rebooked(url: str, people: list[dict[str, str]], told: list[Booked]) -> int:
    """How many of these times somebody else is given, who must be refused all of them."""
    given = 0
    with client(url) as web:
        for one in told:
            other = next(person for person in people if person["doctor"] != one.doctor)
            wish = {"token": other["token"], "doctor": one.doctor, "start": one.start}
            given += book(web, wish).status_code == 201
    return given


def _pages() -> list[str]:
    return ["/", f"/api/v1/availability?visit_type={SLUG}&{_days()}", f"/book/{SLUG}/", "/"]


def _days() -> str:
    today = dt.datetime.now(dt.UTC).date()
    first, last = today + dt.timedelta(days=1), today + dt.timedelta(days=DAYS)
    return f"from={first}&to={last}"


def free_times(url: str, person: dict[str, str]) -> list[dict[str, str]]:
    """The wishes of one patient: all free times of that patient's own doctor."""
    with client(url) as web:
        where = f"/api/v1/availability?visit_type={SLUG}&doctor={person['doctor']}&{_days()}"
        answer = web.get(where).raise_for_status()
    return [person | {"start": slot["start"]} for slot in answer.json()["slots"]]


def _in_turn(lists: list[list[dict[str, str]]]) -> Iterator[dict[str, str]]:
    for several in zip(*lists, strict=False):
        yield from several
