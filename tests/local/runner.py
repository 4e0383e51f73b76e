"""`make run` as a process: start it in a directory of its own, and listen to what it says."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.local.service import CHECKOUT

GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "S3_ENDPOINT_URL", "EMAIL_URL")
OWN = (
    *GIVEN,
    "CELERY_BROKER_URL",
    "MAILBOX_DIR",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "DEMO",
    "SECRET_KEY",
)


def start_run(root: Path, port: int, **more: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key not in OWN}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local.run"],
        cwd=CHECKOUT,
        env=environment | {"LOCAL_DIR": str(root), "PORT": str(port), "TZ": "UTC"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says, up to the line with these words."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words!r} but:\n{said}")
