"""A file that a process without a port touches while its loop turns, for health checks.

`ALIVE_FILE` names it (the image sets it); without, nothing is written.
"""

import os
from pathlib import Path


def show() -> None:
    name = os.environ.get("ALIVE_FILE")
    if name:
        Path(name).touch()
