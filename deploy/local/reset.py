"""`make reset`: delete the local installation's data, after asking."""

import contextlib
import os
import shutil
import sys

from deploy.local import orphans
from deploy.local.errors import LocalError
from deploy.local.run import ROOT, only_one


def main() -> int:
    if not ROOT.is_dir():
        print("There is no local data.")
        return 0
    try:
        with only_one(ROOT):
            if not confirmed():
                print("Nothing was deleted.")
                return 1
            with contextlib.suppress(LocalError):  # a damaged record is what a reset is for
                orphans.stop_left_over(ROOT)
            shutil.rmtree(ROOT)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{ROOT} is deleted; the next `make run` starts afresh.")
    return 0


def confirmed() -> bool:
    """Asked at a terminal; elsewhere CONFIRM=yes says it."""
    if os.environ.get("CONFIRM") == "yes":
        return True
    print(f"This deletes the database, files and mails in {ROOT}. There is no way back.")
    if not sys.stdin.isatty():
        print("Say CONFIRM=yes to do it without being asked.")
        return False
    return input("Type yes to delete them: ").strip().lower() == "yes"


if __name__ == "__main__":
    sys.exit(main())
