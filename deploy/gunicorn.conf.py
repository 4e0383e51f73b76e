"""How gunicorn serves the site; the address comes from the command line (`--bind`)."""

import gc
import os
from pathlib import Path

wsgi_app = "clinic.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Import once, then fork: half the time and memory of a start.
preload_app = True
# A worker shows that it lives by touching a file, which must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
timeout = 30
graceful_timeout = 8
keepalive = 15
# The application logs requests itself, with a request id and without personal data.
accesslog = None
control_socket_disable = True


def when_ready(server: object) -> None:
    """Before the first fork: what was imported stays, so that no collection of garbage walks it
    again; and a page that makes ten thousand objects is not stopped a dozen times to look for some.
    Of eight pages one took twice as long for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
