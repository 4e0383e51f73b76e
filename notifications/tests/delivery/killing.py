"""A way out whose worker is killed in the middle of a call, for tests in a process of its own.

`JOURNAL` is the file in which the provider writes down what it takes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from notifications.channels import Accepted, Letter, Result
from notifications.tests.delivery.provider import Provider


class Deadly(Provider):
    def send(self, letters: Sequence[Letter]) -> list[Result]:
        if os.environ.get("KILLED") == "before the call":
            os.kill(os.getpid(), signal.SIGKILL)
        with Path(os.environ["JOURNAL"]).open("a") as journal:
            journal.writelines(f"{letter.id}\n" for letter in letters)
        if os.environ.get("KILLED") == "after the call":
            os.kill(os.getpid(), signal.SIGKILL)
        return [Accepted(str(letter.id)) for letter in letters]
