"""Where settings come from: the environment, or on one's own machine a file that `make run` writes.

`.local/env` is read when no DATABASE_URL is given, so that a bare `manage.py` command finds the
embedded services. A database that is given never picks up the demo settings that lie in that file.
"""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
if "DATABASE_URL" not in env.ENVIRON:
    environ.Env.read_env(BASE_DIR / ".local" / "env")
