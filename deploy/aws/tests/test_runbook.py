"""The runbook's part about alarms: whole, and of nothing that is not there."""

from __future__ import annotations

import re

from deploy.aws.promises.alarms import ringing
from deploy.aws.promises.cloud import Cloud
from deploy.aws.promises.runbook import ANSWERS, RUNBOOK, sections
from deploy.aws.synthesis import Synthesis


def test_each_section_says_what_it_means_where_to_look_what_to_do_and_when_it_is_over() -> None:
    silent = [
        f"{slug}: {answer}"
        for slug, words in sections().items()
        for answer in ANSWERS
        if words.count(answer) != 1
    ]
    assert silent == []


def test_it_speaks_of_no_alarm_that_is_not_made(syntheses: dict[str, Synthesis]) -> None:
    made = syntheses["production"]
    assert made.environment
    slugs = {slug for slug, _ in ringing(Cloud(made.environment, made.templates))} | {"budget"}

    assert set(sections()) - slugs == set()


def test_its_links_within_lead_somewhere() -> None:
    whole = RUNBOOK.read_text()
    headings = re.findall(r"^#+ (.+)$", whole, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", whole)) - anchors == set()
