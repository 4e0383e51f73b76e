"""Makes `.venv` with exactly the locked dependencies; runs with nothing but Python.

With them it compiles the translations, whose compiled form is not kept. `bootstrap.py aws` makes
`.venv-aws` instead: what the cloud's description needs, which is large and which few need.

`uv` does it in seconds and is used if it is there or can be installed; pip does the same slowly. A
stamp of the lock files makes every later call free.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

OLDEST = (3, 11)
CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")
AWS_LOCKS = ("deploy/aws/requirements.txt",)

# Most of what is installed by size: data in the form of code, and what few processes ask for.
SELDOM_LOADED = (
    r"/(phonenumbers/(geodata|carrierdata|tzdata)|pygments/lexers|holidays|moto|mypyc?|tests?)/"
)


class BootstrapError(Exception):
    """Its text is the one sentence that the person at the terminal reads."""


def main(which: list[str]) -> int:
    try:
        check_python()
        if which == ["aws"]:
            ensure(CHECKOUT / ".venv-aws", AWS_LOCKS)
            return 0
        ensure(CHECKOUT / ".venv", LOCKS)
        compile_packages(CHECKOUT / ".venv")
        compile_words(CHECKOUT / ".venv")
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def check_python() -> None:
    if sys.version_info < OLDEST:
        raise BootstrapError(
            "Python 3.11 or newer is needed and this is "
            + platform.python_version()
            + "; if you have a newer one, say which: `make run PYTHON=python3.12`."
        )


def ensure(venv: Path, locks: Sequence[str]) -> None:
    """Make or refresh the virtual environment, unless its stamp says that it is right."""
    stamp = venv / ".stamp"
    wanted = fingerprint(locks)
    if is_current(stamp, wanted):
        return
    venv.mkdir(exist_ok=True)
    with (venv / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two `make`s at once: the second finds it done
        if is_current(stamp, wanted):
            return
        began = time.monotonic()
        print(f"installing the locked dependencies into {venv.name} ...", flush=True)
        make(venv)
        tool = install(venv, locks)
        add_checkout(venv)
        stamp.write_text(wanted)
        print(f"installed with {tool} in {time.monotonic() - began:.0f} s", flush=True)


def fingerprint(locks: Sequence[str]) -> str:
    """What the environment is made of: the locks, this Python, this machine, this place."""
    digest = hashlib.sha256()
    for part in (sys.version, platform.machine(), str(CHECKOUT)):
        digest.update(part.encode())
    for name in locks:
        digest.update((CHECKOUT / name).read_bytes())
    return digest.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    python = stamp.parent / "bin" / "python"
    return stamp.exists() and stamp.read_text() == wanted and python.exists()


def make(venv: Path) -> None:
    """An empty environment; without pip, which some systems keep in a package of its own."""
    run(
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)], f"making {venv.name}"
    )


def install(venv: Path, locks: Sequence[str]) -> str:
    """Install the locked set; returns the name of the tool that did it."""
    files = [part for name in locks for part in ("-r", str(CHECKOUT / name))]
    python = str(venv / "bin" / "python")
    uv = find_uv() or install_uv(venv)
    if uv:
        run(
            [*uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", *files], "uv"
        )
        return "uv"
    quiet = ["--quiet", "--disable-pip-version-check"]
    run([python, "-m", "pip", "install", *quiet, "--require-hashes", *files], "pip")
    return "pip"


def compile_packages(venv: Path) -> None:
    """Once, where Python may not keep what it has compiled (PYTHONDONTWRITEBYTECODE): there each
    process compiles a thousand modules anew, and a worker starts two seconds later for it."""
    done = venv / ".compiled"
    if not sys.dont_write_bytecode or done.exists():
        return
    print("compiling the packages ...", flush=True)
    python, library = str(venv / "bin" / "python"), str(venv / "lib")
    if succeeds([python, "-m", "compileall", "-q", "-j", "0", "-x", SELDOM_LOADED, library]):
        done.touch()


def find_uv() -> list[str] | None:
    path = shutil.which("uv")
    if path and succeeds([path, "--version"]):
        return [path]
    return None


def install_uv(venv: Path) -> list[str] | None:
    """uv from the package index, into the environment itself; None where it cannot be had."""
    python = str(venv / "bin" / "python")
    if not succeeds([python, "-m", "ensurepip", "--default-pip"]):
        raise BootstrapError(
            "neither uv nor pip can be had: this Python has no ensurepip"
            " (on Debian and Ubuntu: `apt install python3-venv`)."
        )
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [python, "-m", "uv"] if succeeds([*pip, "uv"]) else None


def add_checkout(venv: Path) -> None:
    """Let Python find our packages from anywhere, as pytest's `-p deploy...` needs."""
    for place in venv.glob("lib/python3*/site-packages"):
        (place / "checkout.pth").write_text(f"{CHECKOUT}\n")


def compile_words(venv: Path) -> None:
    """Only what is newer than its compiled form: a second call costs nothing."""
    for source in CHECKOUT.glob("locale/*/LC_MESSAGES/django.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
            python = str(venv / "bin" / "python")
            run([python, "-m", "deploy.local.catalogue", "compile"], "compiling the translations")
            return


def succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: list[str], what: str) -> None:
    environment = {**os.environ, "UV_NO_PROGRESS": "1", "VIRTUAL_ENV": ""}
    result = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        print(result.stdout, file=sys.stderr)
        raise BootstrapError(f"{what} failed; its own words are above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
