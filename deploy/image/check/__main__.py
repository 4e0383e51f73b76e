"""`python -m deploy.image.check [--sbom FILE] [--keep] [--official]`: see docs/image.md."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from deploy.image.check import base, builder, judging, tools
from deploy.image.check.bill import write_bill
from deploy.image.check.container import Image
from deploy.image.check.smoke import Smoke
from deploy.image.check.table import CheckError, Table
from deploy.local.errors import LocalError
from deploy.local.services import Services

PORT = 8621


def main() -> int:
    given = arguments()
    table = Table(say=lambda line: print(line, flush=True))
    began = time.monotonic()
    try:
        tools.require()
        with ExitStack() as stack:
            stack.callback(builder.clean_up, keep=given.keep)
            check(table, given, stack)
    except (CheckError, LocalError, OSError) as error:
        table.note("the check itself", str(error))
    except KeyboardInterrupt:
        return 130
    verdict = "all well" if table.passed() else f"{table.failed} FAILED"
    print(f"{table.looked} checks, {verdict}, {time.monotonic() - began:.0f} s")
    return 0 if table.passed() else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make check-image")
    parser.add_argument("--sbom", type=Path, default=tools.WORK / "sbom.json")
    parser.add_argument("--port", type=int, default=PORT, help="free on this machine")
    parser.add_argument("--keep", action="store_true", help="leave the image, for --built")
    parser.add_argument("--built", action="store_true", help="look at the image that was kept")
    parser.add_argument(
        "--official", action="store_true", help="the base from its registry, not a stand-in"
    )
    return parser.parse_args()


def check(table: Table, given: argparse.Namespace, stack: ExitStack) -> None:
    lint(table)
    name = base.ensure(official=given.official)
    _container, below = builder.mount(name)
    revision = tools.run(["git", "rev-parse", "HEAD"]).strip()
    if not (given.built and builder.has(builder.NAME)):
        print("building ...", flush=True)
        began = time.monotonic()
        builder.build(revision)
        table.note("it is built", fact=f"{time.monotonic() - began:.0f} s")
    config = builder.configuration()
    _container, root = builder.mount(builder.NAME)
    judge(table, root, config, revision)
    weigh(table, root, below)
    count = write_bill(root, given.sbom)
    table.note(f"what is in it is listed in {given.sbom}", fact=f"{count} packages of Python")
    place = tools.WORK / "services"
    shutil.rmtree(place, ignore_errors=True)
    services = Services(place, throwaway=False)
    stack.callback(shutil.rmtree, place, ignore_errors=True)
    stack.callback(services.stop)
    logs = tools.WORK / "log"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    Smoke(Image(root, config, logs), table, services, given.port).run()


def lint(table: Table) -> None:
    program = tools.beside_python("hadolint")
    try:
        tools.run([program, "Dockerfile"])
    except CheckError as error:
        table.note("hadolint has nothing to say", str(error))
    else:
        table.note("hadolint has nothing to say")


def judge(table: Table, root: Path, config: dict[str, Any], revision: str) -> None:
    table.note("its user is a number, and not root", judging.user(config))
    table.note("no secret is in its environment", judging.environment(config))
    table.note("no shell stands before the program", judging.programs(config))
    table.note("it has a health check", judging.health(config))
    table.note("its labels say what it is", judging.labels(config, revision=revision))
    looks: dict[str, Callable[[Path], str]] = {
        "no tests, repository or local files are in it": judging.kept_out,
        "no package of development is in it": judging.development,
        "no keys, and nothing of the building machine": judging.secrets,
        "only root could change its files": judging.writable,
        "code and translations are compiled": judging.compiled,
    }
    for what, look in looks.items():
        table.note(what, look(root))


def weigh(table: Table, root: Path, below: Path) -> None:
    whole, base_size = judging.size(root), judging.size(below)
    parts = f"{base_size / 1e6:.0f} MB of the base + {(whole - base_size) / 1e6:.0f} MB of ours"
    table.note(
        f"it is under {judging.BOUND / 1e6:.0f} MB",
        judging.too_large(whole),
        fact=f"{whole / 1e6:.0f} MB = {parts}",
    )


if __name__ == "__main__":
    sys.exit(main())
