"""Stands for a runner in tests: starts services in a directory and waits to be killed.

`python holder.py DIRECTORY NAMES [orphan]`; with `orphan` the kernel does not pass on its death.
"""

import sys
import time
from pathlib import Path

from deploy.local import process
from deploy.local.services import Services

if __name__ == "__main__":
    if "orphan" in sys.argv:
        process._libc = None
    services = Services(Path(sys.argv[1]), throwaway=False, only=sys.argv[2].split(","))
    services.start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    time.sleep(600)
