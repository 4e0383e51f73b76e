"""`python -m deploy.release ENVIRONMENT`: what deploy/scalable.sh and deploy/simple.sh do."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable

import boto3

from deploy.release import cdk, tools
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError
from deploy.release.steps import Release

ENVIRONMENTS = ("production", "staging", "dev", "preview", "simple")
ONLY = ("diff", "roles", "migrate", "smoke", "back", "remove")


def main(arguments: list[str], *, ask: Callable[[str], str] = input) -> int:
    try:
        release(_options(arguments), ask)
    except ReleaseError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Running it again goes on from where it was.", file=sys.stderr)
        return 130
    return 0


def release(options: argparse.Namespace, ask: Callable[[str], str]) -> None:
    tools.check_tools(builds=options.only is None)
    session = boto3.Session()
    account = tools.account(session)
    target = Target(
        options.environment, options.release or _commit(), account, options.pull_request
    )
    print(f"{target.name}, release {target.release[:12]}, account {account.id} ({account.region})")
    print(f"as {account.who}\n", flush=True)
    steps = Release(session, target, options.image_from)
    if options.only == "smoke":
        return steps.smoke()
    if options.only != "remove":
        cdk.diff(target)
    if options.only == "diff":
        return None
    if not options.yes:
        _confirm(target, options.only or "release", ask)
    verbs = {
        "roles": steps.roles,
        "migrate": steps.migrate,
        "back": steps.back,
        "remove": steps.remove,
    }
    return verbs.get(options.only, steps.whole)()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy/scalable.sh", description=__doc__)
    parser.add_argument("environment", choices=ENVIRONMENTS)
    parser.add_argument("--release", help="the commit to release (default: the checkout's)")
    parser.add_argument("--image-from", help="take the image that this environment runs")
    parser.add_argument("--pull-request", help="the number of a preview's pull request")
    parser.add_argument("--only", choices=ONLY, help="one step instead of a whole release")
    parser.add_argument("--yes", action="store_true", help="do not ask: for pipelines")
    options = parser.parse_args(arguments)
    if (options.environment == "preview") != (options.pull_request is not None):
        parser.error("a preview needs --pull-request, and nothing else has one")
    return options


def _confirm(target: Target, what: str, ask: Callable[[str], str]) -> None:
    """By the environment's name: a "y" is typed before one has read."""
    try:
        said = ask(f'\nTo {what} this, type "{target.name}": ')
    except EOFError:
        said = ""
    if said.strip() != target.name:
        raise ReleaseError("Nothing was changed.")


def _commit() -> str:
    """The checkout's commit. Raises ReleaseError if files differ from it."""

    def git(*what: str) -> str:
        command = ["git", *what]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tools.ROOT)
        if done.returncode:
            raise ReleaseError(f"`git {what[0]}` failed: is this a checkout? Say --release.")
        return done.stdout.strip()

    if git("status", "--porcelain"):
        raise ReleaseError("Some files are not committed: a release is a commit.")
    return git("rev-parse", "HEAD")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
