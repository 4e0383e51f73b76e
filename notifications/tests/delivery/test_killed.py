"""A worker is killed, as by the kernel, before and after the provider was called."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from notifications import delivery
from notifications.models import Attempt, Message
from notifications.tests.delivery.killing import Deadly
from notifications.tests.delivery.provider import install, put
from notifications.tests.delivery.test_losing import lose

WORK = "import django; django.setup(); from notifications import delivery; delivery.deliver_due()"


def work_until_killed(journal: Path, killed: str) -> None:
    given, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": f"{given.rsplit('/', 1)[0]}/{name}",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "EMAIL_OUTLET": "notifications.tests.delivery.killing.Deadly",
        "JOURNAL": str(journal),
        "KILLED": killed,
    }
    done = subprocess.run(
        [sys.executable, "-c", WORK], env=environment, cwd=settings.BASE_DIR, timeout=120
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("killed", "duplicates"), [("before the call", 0), ("after the call", 5)])
def test_nothing_is_lost_and_what_may_have_left_twice_is_counted(
    killed, duplicates, tmp_path, monkeypatch
):
    journal = tmp_path / "journal"
    journal.touch()
    for number in range(5):
        put(f"p{number}@example.org")
    work_until_killed(journal, killed)
    assert set(Message.objects.values_list("status", flat=True)) == {"sending"}

    lose()
    monkeypatch.setenv("JOURNAL", str(journal))
    install(Deadly())
    assert delivery.deliver_due() == {"sent": 5}
    taken = Counter(journal.read_text().split())
    assert len(taken) == 5 and sum(taken.values()) - 5 == duplicates
    # As many as may have been taken are noted, whether or not they were: nobody can know.
    assert Attempt.objects.filter(outcome="lost").count() == 5 >= duplicates
    assert set(Message.objects.values_list("losses", "attempts")) == {(1, 2)}
