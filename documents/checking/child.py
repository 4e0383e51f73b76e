"""The process that looks at one file: `python -m documents.checking.child FILE DIRECTORY`.

It may be attacked by what it reads. So it has nothing but the file: no setting, no secret, little
memory, little time, and it is gone with whoever started it. It writes one line of JSON for the
verdict, and one for each picture as it comes; whoever asked takes what came before it died.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from documents.checking import limits

CLEAN = "clean"  # the file it makes
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def main(path: Path, into: Path) -> None:
    _bound()
    _look(path, into)


def _bound() -> None:
    """Before anything is loaded that reads files."""
    for which, most in (
        (resource.RLIMIT_AS, limits.MEMORY),
        (resource.RLIMIT_FSIZE, limits.WRITTEN),
        (resource.RLIMIT_CPU, round(limits.VERDICT_SECONDS + limits.PICTURES_SECONDS) + 2),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),  # it would hold the file
    ):
        resource.setrlimit(which, (most, most))
    # Processor time in parts of a second; the signal ends the process wherever it is.
    signal.setitimer(signal.ITIMER_PROF, limits.VERDICT_SECONDS)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _look(path: Path, into: Path) -> None:
    # Loaded here, under the limits.
    from documents.checking import kinds
    from documents.checking.verdict import Unacceptable

    try:
        content_type = kinds.content_type(path)
        if content_type == kinds.PDF:
            _look_at_pdf(path, into)
        else:
            _look_at_picture(path, content_type, into)
    except Unacceptable as refusal:
        _say(refused=refusal.code)
    except MemoryError:
        _say(refused="too-complex")


def _look_at_pdf(path: Path, into: Path) -> None:
    from documents.checking import kinds, pages, pdf
    from documents.checking.verdict import Unacceptable

    removed = pdf.clean(path, into=into / CLEAN)
    pictures = pages.Pages(into / CLEAN).pictures(into)
    first = next(pictures, None)
    if first is None:
        raise Unacceptable("damaged")  # nobody can read what cannot be shown
    _say(accepted=kinds.PDF, removed=sorted(removed))
    _say_picture(first)
    # The verdict is out: a page that cannot be drawn in this time costs its picture, no more.
    signal.setitimer(signal.ITIMER_PROF, limits.PICTURES_SECONDS)
    for picture in pictures:
        _say_picture(picture)


def _look_at_picture(path: Path, content_type: str, into: Path) -> None:
    from documents.checking import images

    removed, picture = images.clean(
        path, content_type, into=into / CLEAN, picture=into / "page-1.jpg"
    )
    _say(accepted=content_type, removed=sorted(removed))
    _say_picture(picture)


def _say_picture(picture: Any) -> None:
    _say(picture=picture.path.name, width=picture.width, height=picture.height)


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
