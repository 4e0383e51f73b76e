"""How gunicorn serves the site; the address comes from the command line (`--bind`)."""

import gc
import os
import signal
from types import FrameType
from typing import Any

wsgi_app = "clinic.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Import once, then fork: half the time and memory of a start.
preload_app = True
# A worker shows that it lives by touching a file, which must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
timeout = 30
# Asked to stop: so long `/readyz` says 503 while everything is still answered, that a load balancer
# sends no more; then so long what was begun may take. Together less than what kills us: 10 s from
# `make run`, 30 s (`stopTimeout`) on ECS, for which the image sets 5 and 20.
drain_seconds = float(os.environ.get("WEB_DRAIN_SECONDS", "0"))
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_SECONDS", "8"))
# Longer than a load balancer keeps a quiet connection (AWS: 60 s). Were it shorter, we would close
# one in the moment in which a request is sent over it, and a patient would see a 502.
keepalive = 75
# The application logs requests itself, with a request id and without personal data.
accesslog = None
control_socket_disable = True


def when_ready(server: Any) -> None:
    """Before the first fork: what was imported stays, so that no collection of garbage walks it
    again; and a page that makes ten thousand objects is not stopped a dozen times to look for some.
    Of eight pages one took twice as long for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    _drain_first(server)


def _drain_first(server: Any) -> None:
    """Gunicorn closes its door as soon as it is asked to stop; whoever has not heard of it yet and
    knocks is turned away. So the door stays open a little longer. A second request ends it now."""
    from clinic.lib import stopping  # where the configuration is read, our code cannot be found yet

    def stop_now(number: int, frame: FrameType | None) -> None:
        server.signal(signal.SIGTERM, frame)

    def drain(number: int, frame: FrameType | None) -> None:
        again = stopping.asked()
        stopping.begin()
        if again or not drain_seconds:
            stop_now(number, frame)
        else:
            signal.setitimer(signal.ITIMER_REAL, drain_seconds)

    signal.signal(signal.SIGALRM, stop_now)
    signal.signal(signal.SIGTERM, drain)


def pre_request(worker: Any, request: Any) -> None:
    """From when we were asked to stop, whoever keeps a connection for later is told that there is
    no later: a request sent over it in the moment of our end would be lost."""
    from clinic.lib import stopping

    if stopping.asked() and worker.cfg.keepalive:
        worker.cfg.set("keepalive", 0)
