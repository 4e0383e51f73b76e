"""What stands between a bare machine and the first start: Python, packages, a browser, old data."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import bootstrap, browser
from deploy.local.errors import LocalError
from deploy.local.service import CHECKOUT


def test_an_old_python_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert bootstrap.main([]) == 1
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


def test_an_environment_is_current_until_a_lock_file_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    for name in bootstrap.LOCKS:
        (tmp_path / name).write_text("django==5.2")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    stamp = tmp_path / ".stamp"
    assert not bootstrap.is_current(stamp, bootstrap.fingerprint(bootstrap.LOCKS))

    stamp.write_text(bootstrap.fingerprint(bootstrap.LOCKS))
    assert bootstrap.is_current(stamp, bootstrap.fingerprint(bootstrap.LOCKS))

    (tmp_path / "requirements.txt").write_text("django==5.2.1")
    assert not bootstrap.is_current(stamp, bootstrap.fingerprint(bootstrap.LOCKS))


def test_a_browser_that_does_not_run_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(LocalError, match="does not run"):
        browser.find()


def test_where_no_browser_can_be_had_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(browser, "_install_with_playwright", lambda: False)
    with pytest.raises(LocalError, match=r"^No browser was found .* CHROMIUM"):
        browser.ensure()


def reset(root: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local.reset"],
        cwd=CHECKOUT,
        env=os.environ | {"LOCAL_DIR": str(root)} | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def test_local_data_is_deleted_only_when_it_is_meant(tmp_path: Path) -> None:
    root = tmp_path / "local"
    root.mkdir()
    (root / "pids.json").write_text("damaged")
    unasked = reset(root)
    assert unasked.returncode == 1
    assert "There is no way back" in unasked.stdout
    assert (root / "pids.json").exists()

    assert reset(root, CONFIRM="yes").returncode == 0
    assert not root.exists()


def test_translations_are_compiled_once_and_again_when_they_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "run", lambda command, what: ran.append(what))
    source = tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.touch()

    bootstrap.compile_words(tmp_path / ".venv")
    assert len(ran) == 1
    source.with_suffix(".mo").touch()
    bootstrap.compile_words(tmp_path / ".venv")
    assert len(ran) == 1
    later = source.with_suffix(".mo").stat().st_mtime + 10
    os.utime(source, (later, later))
    bootstrap.compile_words(tmp_path / ".venv")
    assert len(ran) == 2
