"""What people do first, step by step, against a running site; each step passes or says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.rehearsals.load import TIMEOUT, book, free_times
from deploy.rehearsals.people import PASSWORD, SLUG

Steps = dict[str, str]
PASSED = "passes"


@dataclass
class Smoke:
    """One walk through the site for one patient and the patient's doctor."""

    url: str
    person: dict[str, str]
    # Whether every message that is written has arrived; asked last.
    all_sent: Callable[[], bool]
    _kept: dict[str, Any] = field(default_factory=dict)

    def walk(self) -> Steps:
        """What became of each step: PASSED, or in a few words what went wrong."""
        found: Steps = {}
        for name, step in {
            "a patient signs in": self._patient_signs_in,
            "finds free times": self._finds_times,
            "books": self._books,
            "cancels": self._cancels,
            "a doctor signs in and sees the day": self._sees_the_day,
            "messages leave": self._messages_leave,
        }.items():
            try:
                step()
                found[name] = PASSED
            except (httpx.HTTPError, AssertionError, LookupError) as error:
                found[name] = f"FAILS: {type(error).__name__} {str(error).splitlines()[:1]}"
        return found

    def _patient_signs_in(self) -> None:
        with self._browser() as web:
            self._sign_in(web, self.person["email"])
            _expect(web.get("/"), 200)
            said = {"email": self.person["email"], "password": PASSWORD}
            answer = web.post("/api/v1/auth/token", json=said)
            _expect(answer, 200)
            self._kept["token"] = answer.json()["token"]

    def _finds_times(self) -> None:
        with self._browser() as web:
            _expect(web.get(f"/book/{SLUG}/"), 200)
        # From the end: the load, if there is one, begins with the first.
        self._kept["wish"] = free_times(self.url, self.person)[-1]

    def _books(self) -> None:
        with self._browser() as web:
            answer = book(web, self._kept["wish"] | {"token": self._kept["token"]})
            _expect(answer, 201)
            self._kept["visit"] = answer.json()["id"]

    def _cancels(self) -> None:
        headers = {"Authorization": f"Bearer {self._kept['token']}"}
        with self._browser() as web:
            where = f"/api/v1/appointments/{self._kept['visit']}/cancel"
            _expect(web.post(where, json={"reason": ""}, headers=headers), 200)

    def _sees_the_day(self) -> None:
        with self._browser() as web:
            self._sign_in(web, self.person["doctor_email"])
            _expect(web.get("/day/"), 200)

    def _messages_leave(self) -> None:
        assert self.all_sent(), "not within the time"

    def _browser(self) -> httpx.Client:
        """On plain HTTP: a cookie that is for TLS only would not come back on loopback."""
        return httpx.Client(base_url=self.url, timeout=TIMEOUT, trust_env=False)

    def _sign_in(self, web: httpx.Client, email: str) -> None:
        _expect(web.get("/account/login/"), 200)
        token = web.cookies["csrftoken"]
        form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        _expect(web.post("/account/login/", data=form), 302)


def _expect(answer: httpx.Response, status: int) -> None:
    where = f"{answer.request.method} {answer.request.url.path}"
    assert answer.status_code == status, f"{where}: {answer.status_code}"
