"""All rehearsals, one after the other; exit code 1 if one of them broke a promise."""

from __future__ import annotations

import subprocess
import sys

from deploy.local.service import CHECKOUT

NAMES = ("restart", "failover", "silence", "restore", "old_code")


def main(arguments: list[str]) -> int:
    broken = []
    for name in NAMES:
        print(f"\n== {name} ==\n", flush=True)
        command = [sys.executable, "-m", f"deploy.rehearsals.{name}", *arguments]
        if subprocess.run(command, cwd=CHECKOUT, check=False).returncode:
            broken.append(name)
    print(f"Broken: {', '.join(broken)}." if broken else "All rehearsals kept their promises.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
