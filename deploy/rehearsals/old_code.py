"""`make rehearse-old-code`: the release before serves while this one's migrations run, and after.

During a deployment, and after a roll-back, the code of the release before meets the schema of this
one. Which release that is: OLD=commit, the last tag, or what came before the newest migration.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from deploy.local.ports import HOST
from deploy.local.service import CHECKOUT
from deploy.rehearsals import judging, releases, stage
from deploy.rehearsals.load import Load
from deploy.rehearsals.site import Site, wait_for
from deploy.rehearsals.smoke import PASSED, Smoke, Steps

PEOPLE = 5
RATE = 5.0
BESIDE = 3.0  # seconds of load before and after the migrations
WITHIN = 480
# One step signs in by password alone, which the site asks more for of doctors; and on plain HTTP.
PLAIN = {"MFA_REQUIRED": "", "HTTPS": "0", "BEHIND_PROXY": "0", "TRUSTED_PROXIES": "0"}


def rehearse(tell_step: stage.Teller) -> stage.Result:
    commit = releases.before_this()
    with tempfile.TemporaryDirectory(prefix="clinic-release-") as folder:
        old = releases.unpack(commit, Path(folder))
        between = releases.migrations_between(old)
        tell_step(f"the release before is {releases.title(commit)}")
        with Site.of(code=old) as site:
            site.environment |= PLAIN
            site.migrate()
            people = site.people(PEOPLE)
            web, port = site.web("web-old")
            site.wait_ready(web, port)
            site.worker("worker-old")
            before = _walk(site, port, people[0])
            tell_step("it was walked through on its own schema")
            with Load(f"http://{HOST}:{port}", people[1:], rate=RATE) as load:
                load.run_for(BESIDE)
                seconds = site.migrate(code=CHECKOUT)
                tell_step(f"migrated under load: {', '.join(between) or 'nothing'}")
                load.run_for(BESIDE)
            # A fresh one, as after a roll-back: what is read once at the start is read now.
            web.stop()
            web, port = site.web("web-old-again")
            site.wait_ready(web, port)
            after = _walk(site, port, people[0])
            tell_step("it was walked through on this release's schema")
            site.code = CHECKOUT
            return _judge(site, load, before, after, between, seconds)


def _walk(site: Site, port: int, person: dict[str, str]) -> Steps:
    def all_sent() -> bool:
        try:
            wait_for(lambda: not site.sent().unsent, seconds=45, what="all messages have left")
        except SystemExit:
            return False
        return site.sent().exactly_once

    return Smoke(f"http://{HOST}:{port}", person, all_sent).walk()


def _judge(
    site: Site, load: Load, before: Steps, after: Steps, between: list[str], seconds: float
) -> stage.Result:
    result = stage.Result()
    steps = [[name, before[name], after[name]] for name in before]
    result.table("the release before", "on its own schema", "on this one's", lines=steps)
    found = judging.figures(load.samples)
    result.table(*stage.HEADS, lines=[stage.line(f"while migrating ({seconds:.0f} s)", found)])
    result.table("migrations between", lines=[[name] for name in between])
    trouble = judging.troubles(load.samples)
    result.promise(
        f"{found.failed} of {found.requests} requests to the old code failed while"
        f" {len(between)} migrations ran{f' ({trouble})' if trouble else ''}",
        bool(between) and not found.failed,
    )
    failing = [name for name, said in after.items() if said != PASSED]
    result.promise(
        f"the old code passes {len(after) - len(failing)} of {len(after)} steps on the new schema",
        not failing,
    )
    lost = judging.lost(load.journal, site.visits())
    result.promise(f"{len(lost)} of {len(load.journal)} bookings were lost", not lost)
    result.promise("the new code's invariants hold", site.invariants_hold())
    return result


if __name__ == "__main__":
    stage.main("old-code", rehearse, seconds=WITHIN)
