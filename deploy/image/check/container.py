"""Runs the image's programs as an engine would, as far as a kernel allows without one.

The same: the image's files, read only; a `/tmp` of its own and nothing else that can be written;
the image's user, environment and command; processes of its own, of which the program is the first;
the signal to stop goes to that one. Not the same: no limits of memory and processor, no filter of
system calls (seccomp), and the machine's own network.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.image.check.table import CheckError

# Run by a shell outside of the image, in name spaces that end with it.
WORLD = """
set -e
mount --bind {root} {root}
mount -o remount,bind,ro,nosuid {root}
mount -t proc -o nosuid,nodev,noexec proc {root}/proc
mount --rbind /dev {root}/dev
mount -t tmpfs -o nosuid,nodev,size=64m shm {root}/dev/shm
mount -t tmpfs -o nosuid,nodev,mode=1777,size=256m tmp {root}/tmp
cd {root}
exec chroot --userspec={user} {root} /usr/bin/env --ignore-environment --chdir={folder} {command}
"""


class Image:
    """An image whose files are mounted at `root`."""

    def __init__(self, root: Path, config: Mapping[str, Any], logs: Path) -> None:
        self.root, self.config, self.logs = root, config, logs
        self._count = 0

    def start(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        program: list[str] | None = None,
    ) -> Container:
        """Start its entry point with these arguments, or another program of it."""
        variables = self.variables(environment)
        command = [*(program or self.config["Entrypoint"]), *arguments]
        script = WORLD.format(
            root=shlex.quote(str(self.root)),
            user=self.config["User"],
            folder=shlex.quote(self.config["WorkingDir"]),
            command=shlex.join([*variables, *command]),
        )
        self._count += 1
        name = program[0] if program else arguments[0]
        return Container(name, script, self.logs / f"{self._count:02d}-{name}.log")

    def variables(self, environment: Mapping[str, str]) -> list[str]:
        own = dict(each.split("=", 1) for each in self.config["Env"])
        return [f"{name}={value}" for name, value in {**own, **environment}.items()]

    def once(self, *arguments: str, seconds: float = 240, **more: Any) -> tuple[int, str]:
        """Run to its end. Returns the exit code and what it said."""
        container = self.start(*arguments, **more)
        try:
            return container.wait(seconds), container.said()
        finally:
            container.kill()


class Container:
    """One running program."""

    def __init__(self, name: str, script: str, log: Path) -> None:
        self.name, self.log = name, log
        spaces = ["--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                ["unshare", *spaces, "--propagation", "private", "/bin/sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def first(self) -> int:
        """The number, out here, of the process that is number one in there."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def execute(
        self, command: list[str], image: Image, environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a program beside it, as an engine runs the health check. Returns code and words."""
        user, group = image.config["User"].split(":")
        into = ["nsenter", f"--target={self.first()}", "--mount", "--pid", "--root", "--wd"]
        who = [f"--setuid={user}", f"--setgid={group}"]
        clean = ["/usr/bin/env", "--ignore-environment", *image.variables(environment)]
        done = subprocess.run(
            [*into, *who, *clean, *command], capture_output=True, text=True, check=False
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def wait(self, seconds: float) -> int:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise CheckError(f"{self.name} had to be killed after {seconds:.0f} s") from None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
