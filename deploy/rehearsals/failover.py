"""`make rehearse-failover`: the database's machine is lost while patients book.

The primary and all its processes get SIGKILL at once and never come back; the standby is promoted,
and the application, whose address names all servers, goes on with the one that takes writes. First
with a synchronous standby, which must lose nothing that a patient was told; then, to show what that
guards against, with one that is some seconds behind and that nobody waits for.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from deploy.local.ports import HOST
from deploy.local.postgres import OWNER
from deploy.local.process import Child
from deploy.rehearsals import judging, stage
from deploy.rehearsals.copies import Copy, configure, tell, url
from deploy.rehearsals.load import Load, rebooked
from deploy.rehearsals.site import Site, children, kill_all, wait_for

PEOPLE = 5
RATE = 8.0
STEADY = 6.0  # seconds of load before the kill, and after the standby took over
BEHIND = 4.0  # seconds that the standby without the guard is behind
NOTICED = 1.0  # seconds until somebody sees that the primary is gone (RDS looks by itself)
AGAIN_WITHIN = 30.0  # seconds in which bookings must be taken again
TRIED_AGAIN = 20  # acknowledged times that somebody else then asks for
WITHIN = 480


@dataclass
class Outcome:
    """Of one failover; times in seconds after the kill."""

    samples: list[judging.Sample]
    journal: list[judging.Booked]
    lost: int
    promoted: float
    again: float
    last_failed: float


@dataclass
class Scene:
    """The site, its one web task, and who asks it."""

    site: Site
    web: Child
    url: str
    people: list[dict[str, str]]


def rehearse(tell_step: stage.Teller) -> stage.Result:
    with Site.of() as site:
        site.migrate()
        people = site.people(PEOPLE)
        first = site.services.postgres
        standby = Copy(site, "standby", of=first)
        second = Copy(site, "second", of=standby)
        site.environment["DATABASE_URL"] = url(site, first, standby, second)
        site.owner_url = url(site, first, standby, second, role=OWNER)
        web, port = site.web("web")
        site.wait_ready(web, port)
        site.worker("worker")
        scene = Scene(site, web, f"http://{HOST}:{port}", people)
        before = children(web.pid)
        tell_step("the site runs; a synchronous standby is made from a base backup")
        [server] = [each for each in site.services.children if each.name == first.name]
        second_server = follow(standby, synchronous=True)
        safe = fail_over(scene, server, standby)
        tell_step(f"the primary was killed; bookings again after {safe.again:.1f} s")
        result = _judge_safe(scene, safe)
        result.promise("the web processes are the same", children(web.pid) == before)
        tell_step("once more, with a standby that is behind and that nobody waits for")
        follow(second, synchronous=False)
        risky = fail_over(scene, second_server, second, cut=True)
        tell_step(f"that one was killed, too; bookings again after {risky.again:.1f} s")
        return _compare(result, safe, risky)


def follow(copy: Copy, *, synchronous: bool) -> Child:
    """A running standby; a synchronous one is waited for by every commit from here on."""
    primary = copy.primary
    copy.back_up("--write-recovery-conf")
    child = copy.start()
    names = f"FIRST 1 ({copy.name})" if synchronous else ""
    configure(primary, synchronous_standby_names=names, synchronous_commit="on")
    state = "sync" if synchronous else "async"
    asked = f"SELECT 1 FROM pg_stat_replication WHERE sync_state = '{state}'"
    wait_for(lambda: tell(primary, asked), seconds=30, what=f"the standby is {state}")
    return child


def fail_over(scene: Scene, server: Child, to: Copy, *, cut: bool = False) -> Outcome:
    """Under load: kill the server and promote the other one, which was cut off before if asked."""
    with Load(scene.url, scene.people, rate=RATE) as load:
        load.run_for(STEADY)
        if cut:  # what a slow network does, only surely
            configure(to, primary_conninfo="")
            load.run_for(BEHIND)
        killed = load.clock()
        kill_all(server.pid)
        time.sleep(NOTICED)  # in which the last answers come that were on their way

        def again() -> float:
            told = (one.at for one in load.journal)
            return NOTICED + judging.gap(told, broken=killed + NOTICED)

        # The new primary waits for no standby: there is none left. RDS makes one, and waits again.
        tell(to, "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_promote()")
        promoted = load.clock() - killed
        wait_for(lambda: again() < math.inf, seconds=60, what="bookings are taken again")
        load.run_for(STEADY)
    failed = [one.at + one.milliseconds / 1000 - killed for one in load.samples if one.failed]
    return Outcome(
        samples=load.samples,
        journal=load.journal,
        lost=len(judging.lost(load.journal, scene.site.visits())),
        promoted=promoted,
        again=again(),
        last_failed=max(failed, default=0.0),
    )


def _judge_safe(scene: Scene, safe: Outcome) -> stage.Result:
    """While its server still runs."""
    result, site = stage.Result(), scene.site
    told = safe.journal
    wait_for(lambda: not site.sent().unsent, seconds=90, what="all messages have left")
    sent = site.sent()
    twice = judging.given_twice(told)
    taken = rebooked(scene.url, scene.people, told[:: max(1, len(told) // TRIED_AGAIN)])
    result.promise(f"{safe.lost} of {len(told)} acknowledged bookings were lost", not safe.lost)
    result.promise(
        f"bookings were taken again {safe.again:.1f} s after the kill", safe.again < AGAIN_WITHIN
    )
    result.promise(
        f"the last request failed {safe.last_failed:.1f} s after the kill",
        safe.last_failed < AGAIN_WITHIN,
    )
    result.promise(f"{len(twice) + taken} times were given twice", not twice and not taken)
    result.promise("no message is missing", not sent.missing)
    result.promise("the invariants hold", site.invariants_hold())
    return result


def _compare(result: stage.Result, safe: Outcome, risky: Outcome) -> stage.Result:
    def row(name: str, one: Outcome) -> list[object]:
        found = judging.figures(one.samples)
        seconds = [f"{value:.1f}" for value in (one.promoted, one.again, one.last_failed)]
        return [name, len(one.journal), one.lost, found.failed, *seconds]

    result.table(
        "standby", "acknowledged", "lost", "requests failed",
        "promoted after s", "bookings again after s", "last failure after s",
        lines=[row("synchronous", safe), row(f"guard off: {BEHIND:.0f} s behind", risky)],
    )  # fmt: skip
    result.promise(f"without the guard {risky.lost} bookings were lost", bool(risky.lost))
    return result


if __name__ == "__main__":
    stage.main("failover", rehearse, seconds=WITHIN)
