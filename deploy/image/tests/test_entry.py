"""What a container is told to be."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from clinic.lib import queues
from deploy.image import health
from deploy.image.entry import QUEUES, EntryError, command_for
from deploy.local.service import CHECKOUT


def test_its_queues_are_those_that_work_is_sent_to() -> None:
    assert QUEUES == queues.NAMES


def test_a_worker_listens_to_all_queues_or_to_those_named() -> None:
    assert "default,messages,documents" in command_for(["worker"])
    assert "messages" in command_for(["worker", "messages"])


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["worker", "mesages"], ["web", "-D"]])
def test_what_it_does_not_know_is_refused(arguments: list[str]) -> None:
    with pytest.raises(EntryError):
        command_for(arguments)


def test_it_becomes_the_program_itself() -> None:
    """The same process: a signal to it is a signal to the program."""
    shell = ("manage", "shell", "--no-imports", "-c", "import os; print('pid', os.getpid())")
    started = subprocess.Popen(
        [sys.executable, "-m", "deploy.image.entry", *shell],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    said, _nothing = started.communicate(timeout=60)

    assert f"pid {started.pid}" in said


def test_a_loop_that_turns_is_healthy_and_one_that_stands_still_is_not(tmp_path) -> None:
    file = tmp_path / "alive"
    file.touch()
    assert health.loop(file) == ""

    long_ago = time.time() - 2 * health.OLD
    os.utime(file, (long_ago, long_ago))

    assert "not turned" in health.loop(file)


def test_a_port_where_nobody_answers_is_not_healthy(monkeypatch) -> None:
    monkeypatch.setenv("PORT", "1")

    assert health.page() == "no answer (ConnectionRefusedError)"
