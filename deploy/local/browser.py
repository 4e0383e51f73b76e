"""The browser for tests: found, or installed where there is none.

`python -m deploy.local.browser` makes sure of it; tests ask `find()`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.errors import LocalError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No browser was found and none could be installed; install Chromium, or set CHROMIUM to the"
    " path of one."
)


def find() -> str | None:
    """The path of a Chromium that runs; CHROMIUM in the environment goes first."""
    given = os.environ.get("CHROMIUM")
    if given:
        if not _runs(given):
            raise LocalError(f"CHROMIUM={given} does not run.")
        return given
    candidates = [path for name in NAMES if (path := shutil.which(name))]
    return next((path for path in [*candidates, *_of_playwright()] if _runs(path)), None)


def ensure() -> str:
    """As `find`, and installs one if there is none."""
    found = find()
    for attempt in (_install_with_apt, _install_with_playwright):
        if found is None and attempt():
            found = find()
    if found is None:
        raise LocalError(MISSING)
    return found


def _runs(path: str) -> bool:
    """A wrapper that only tells one to install a snap does not count."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _of_playwright() -> list[str]:
    caches = [
        Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"),
        Path.home() / "Library/Caches/ms-playwright",
    ]
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*/Contents/MacOS/*")
    return sorted(
        (str(path) for cache in caches for pattern in patterns for path in cache.glob(pattern)),
        reverse=True,
    )


def _install_with_apt() -> bool:
    if not shutil.which("apt-get"):
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not _succeeds([*sudo, "true"]):
        return False
    print("installing Chromium with apt-get ...", flush=True)
    options = ["-qq", "-o", "DPkg::Lock::Timeout=120"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    return _succeeds([*sudo, "apt-get", "update", *options]) and _succeeds(
        [*sudo, *environment, "apt-get", "install", "-y", *options, "chromium"]
    )


def _install_with_playwright() -> bool:
    print("installing Chromium with playwright ...", flush=True)
    return _succeeds([sys.executable, "-m", "playwright", "install", "chromium"])


def _succeeds(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def main() -> int:
    try:
        print(f"browser: {ensure()}")
    except LocalError as error:
        print(f"browser: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
