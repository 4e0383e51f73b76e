"""What a killed runner left behind: recognised by start time and command line, then stopped.

A process id alone proves nothing, because ids are used again. Each record therefore holds when the
process started, and a word of its command line.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from deploy.local.process import Child
from deploy.local.state import read_json, write_private

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def record(root: Path, children: list[Child]) -> None:
    """Write down what runs now."""
    found = {}
    for child in children:
        started = start_time(child.pid)
        if started is not None:
            found[child.name] = {
                "pid": child.pid,
                "started": started,
                "mark": child.command.mark,
                "signal": int(child.command.stop_signal),
                "patience": child.command.patience,
            }
    write_private(root / "pids.json", json.dumps(found, indent=1) + "\n")


def stop_left_over(root: Path) -> list[str]:
    """Stop what an earlier runner of this directory left; returns the names of what was found.

    The caller holds the lock, so whatever is recorded has no living runner.
    """
    stopped = []
    # The last one started is the first to stop: the stores go last.
    for name, entry in reversed(read_json(root / "pids.json").items()):
        if _stop(entry):
            stopped.append(name)
    (root / "pids.json").unlink(missing_ok=True)
    return stopped


def start_time(pid: int) -> str | None:
    """When this process started, in a form that no other process shares; None if there is none."""
    with contextlib.suppress(OSError, IndexError):
        # The command name, in brackets, may itself hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if fields[0] == "Z":
            return None
        return f"{BOOT_ID.read_text().strip()}:{fields[19]}"
    return _ask_ps(pid, "lstart") if not Path("/proc/self/stat").exists() else None


def command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return _ask_ps(pid, "command") or ""


def _ask_ps(pid: int, column: str) -> str | None:
    """For systems without /proc."""
    with contextlib.suppress(OSError):
        answer = subprocess.run(
            ["ps", "-o", f"{column}=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.stdout.strip() or None
    return None


def _stop(entry: dict[str, object]) -> bool:
    pid, mark = int(str(entry["pid"])), str(entry["mark"])
    if start_time(pid) != entry["started"] or mark not in command_line(pid):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, int(str(entry["signal"])))
    deadline = time.monotonic() + float(str(entry["patience"]))
    while start_time(pid) == entry["started"] and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return True
