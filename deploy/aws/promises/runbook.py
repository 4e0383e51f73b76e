"""Each alarm is in docs/runbook.md, and says so itself; whoever is woken finds what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from deploy.aws.promises.alarms import COMPOSITE, ringing
from deploy.aws.promises.cloud import Cloud
from deploy.aws.promises.promise import broken_by, promise

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "runbook.md"
ANSWERS = ("**Means.**", "**Look.**", "**Do.**", "**Over.**")


@cache
def sections() -> dict[str, str]:
    """What the runbook's part "Alarms" says, by heading."""
    alarms = re.search(
        r"^## Alarms$(.*?)(?=^## |\Z)", RUNBOOK.read_text(), re.DOTALL | re.MULTILINE
    )
    assert alarms, "the runbook has no part about alarms"
    parts = re.split(r"^### (.+)$", alarms[1], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@promise()
def each_alarm_is_in_the_runbook(cloud: Cloud) -> Iterator[str]:
    for slug, found in ringing(cloud):
        said = found.get("AlarmDescription") or found.get("Description", "")
        if "docs/runbook.md#" not in said or slug not in sections():
            yield f"{found}: the runbook has no section {slug or 'for it'}"
        name = found.get("AlarmName") or found.get("Name", "")
        if not name.startswith(cloud.environment.stack(slug)):
            yield f"{found} is not called as its section, {slug}"
    if "budget" not in sections():
        yield "the runbook does not say what to do about the budget"


@broken_by(each_alarm_is_in_the_runbook)
def _of_nowhere(cloud: Cloud) -> None:
    _, alarm = next(ringing(cloud, COMPOSITE))
    alarm.properties["AlarmDescription"] = "Something. docs/runbook.md#not-there"


@broken_by(each_alarm_is_in_the_runbook)
def _without_a_word(cloud: Cloud) -> None:
    _, alarm = next(ringing(cloud, COMPOSITE))
    alarm.properties["AlarmDescription"] = "Something"
