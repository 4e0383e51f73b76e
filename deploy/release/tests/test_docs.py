"""What the pages for AWS tell somebody to type is there to be typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from deploy.release.__main__ import _options
from deploy.release.tools import ROOT

PAGES = [
    ROOT / "docs" / name
    for name in (
        "aws.md",
        "runbook.md",
        "decisions/aws-simple.md",
        "decisions/aws-beanstalk.md",
    )
]
TARGET = re.compile(r"`make ([\w-]+)")
SCRIPT = re.compile(r"deploy/(scalable|simple)\.sh((?: +[\w-]+)*)")
MANAGE = re.compile(r"manage(?:\.py)? ([a-z_]+)((?: --[\w-]+)*)|\"manage\", \"([a-z_]+)\"")
OPTION = re.compile(r"--[a-z-]+")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PLACE = re.compile(r"`(deploy/[\w./-]+|\.github/workflows)`")


def missing(text: str, folder: Path) -> list[str]:
    return [*_targets(text), *_scripts(text), *_commands(text), *_places(text, folder)]


def _targets(text: str) -> list[str]:
    there = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
    return [f"make {name}" for name in TARGET.findall(text) if name not in there]


def _scripts(text: str) -> list[str]:
    """Lines that the release's own options do not take."""
    refused = []
    for script, words in SCRIPT.findall(text):
        given = words.split()
        if "--help" in given or (script == "scalable" and not given):
            continue
        if script == "simple":
            given.insert(0, "simple")
        try:
            _options(["production" if word == "ENV" else word for word in given])
        except SystemExit:
            refused.append(f"{script} {words}")
    return refused


def _commands(text: str) -> list[str]:
    apps = get_commands()
    found = []
    for name, options, quoted in MANAGE.findall(text):
        command = name or quoted
        if command not in apps:
            found.append(f"manage {command}")
            continue
        parser = load_command_class(str(apps[command]), command).create_parser("manage", command)
        takes = parser.format_help()
        found += [f"{command} {each}" for each in OPTION.findall(options) if each not in takes]
    return found


def _places(text: str, folder: Path) -> list[str]:
    links = [link for link in LINK.findall(text) if "://" not in link]
    # Drawn from the templates by `make diagram`, and kept current by `make check-aws`.
    gone = [link for link in links if not (folder / link).exists()]
    return gone + [place for place in PLACE.findall(text) if not (ROOT / place).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_all_that_it_names_is_there(page: Path) -> None:
    assert missing(page.read_text(), page.parent) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "`make check-cloud`",
        "deploy/scalable.sh ENV --only rollback",
        "deploy/scalable.sh nowhere",
        "manage dead_letter",
        "manage dead_letters --replay-everything",
        "[a page](nowhere.md)",
        "`deploy/aws/nothing.py`",
    ],
)
def test_what_is_not_there_is_seen(wrong: str) -> None:
    assert len(missing(wrong, ROOT / "docs")) == 1
