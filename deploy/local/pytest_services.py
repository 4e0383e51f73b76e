"""Gives every test run its own throw-away services: `-p deploy.local.pytest_services`.

They start before Django reads its settings, and whatever DATABASE_URL the shell may hold is never
used by accident: a test run empties its database. TEST_USE_GIVEN_SERVICES=1 says it on purpose.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import catalogue, orphans
from deploy.local.errors import LocalError
from deploy.local.services import Services

PREFIX = "clinic-test-"
APPLICATION = {
    "SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789-0123456789",
    "HTTPS": "0",
    "THROTTLES": "off",
    "DEMO": "0",
    # Most tests are about what comes after the sign-in; those about it switch this on.
    "MFA_REQUIRED": "",
    "SITE_URL": "http://127.0.0.1",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "TZ": "UTC",
}
# What a shell may hold that would make a test depend on it.
FOREIGN = (
    "DATABASE_OWNER_URL",
    "DATABASE_REPLICA_URL",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "BEHIND_PROXY",
    "LOG_LEVEL",
)
_running: Services | None = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django, which loads the settings in this same hook."""
    # A parallel worker inherits what its controller started.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        catalogue.compile_stale()
        prepare(starts=_needs_services(early_config.known_args_namespace))
    yield


def pytest_unconfigure() -> None:
    stop()


@pytest.fixture(scope="session")
def embedded_services() -> Services:
    """The running services, to take one away and give it back; not for parallel workers."""
    if _running is None:
        pytest.skip("the services of this run were given")
    return _running


def _needs_services(options: object) -> bool:
    if os.environ.get("TEST_USE_GIVEN_SERVICES") == "1":
        return False
    idle = ("collectonly", "help", "version", "showfixtures", "show_fixtures_per_test", "markers")
    return not any(getattr(options, name, False) for name in idle)


def prepare(*, starts: bool) -> None:
    """Set the environment, with services behind it if the run needs them."""
    global _running
    if os.environ.get("TEST_USE_GIVEN_SERVICES") != "1":
        for name in FOREIGN:
            os.environ.pop(name, None)
        os.environ.update(APPLICATION)
    if not starts:
        os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
        return
    _remove_left_over()
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    atexit.register(stop)
    (root / "owner").write_text(f"{os.getpid()} {orphans.start_time(os.getpid())}")
    try:
        _running = Services(root, throwaway=True)
        os.environ.update(_running.start())
    except LocalError as error:
        shutil.rmtree(root, ignore_errors=True)
        raise pytest.UsageError(str(error)) from None


def stop() -> None:
    """Stop the services and remove what they wrote; harmless when repeated."""
    global _running
    services, _running = _running, None
    if services is not None:
        services.stop()
        shutil.rmtree(services.root, ignore_errors=True)


def _remove_left_over() -> None:
    """What test runs that were killed have left: directories, sockets, at times a process."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = path / "owner"
        try:
            pid, started = owner.read_text().split()
        except (OSError, ValueError):
            continue
        if orphans.start_time(int(pid)) != started:
            with contextlib.suppress(LocalError):
                left = Services(path, throwaway=True)
                left.stop_left_over()
                left.stop()
            shutil.rmtree(path, ignore_errors=True)
