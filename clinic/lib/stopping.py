"""Whether this process and those it forked have been asked to stop.

One byte of memory that the forked share: the one who is asked (gunicorn's master, Celery's parent)
says so, and those who work see it between two pieces of work. No file, no signal to a busy child.
"""

import mmap

_asked = mmap.mmap(-1, 1)  # shared with whatever is forked from here on


def begin() -> None:
    _asked[0] = 1


def asked() -> bool:
    return _asked[0] == 1


def forget() -> None:
    """For tests, whose process goes on."""
    _asked[0] = 0
