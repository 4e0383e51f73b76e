"""`make rehearse-restart`: every process is replaced while patients book and messages leave.

A target is taken from the balancer and its process gets SIGTERM. On ECS nothing says which of the
two comes first, so both orders are rehearsed; then worker and beat. With the guards off, the same
load shows what each guard is for.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass

from deploy.local.ports import choose
from deploy.local.process import Child
from deploy.rehearsals import judging, stage
from deploy.rehearsals.balancer import Balancer
from deploy.rehearsals.load import Load
from deploy.rehearsals.site import Site, kill_all, wait_for

PEOPLE = 5
RATE = 8.0  # requests a second, a third of them bookings
STEADY = 10.0  # seconds before anything is replaced
LAG = 2.0  # seconds from SIGTERM until the balancer knows, in the bad order
DRAIN = "5"  # as the image sets it: longer than the lag
WITHIN = 480


@dataclass
class Task:
    """One web process of gunicorn's, and its port."""

    child: Child
    port: int


class Fleet:
    """The web tasks behind the balancer."""

    def __init__(self, site: Site, balancer: Balancer) -> None:
        self.site, self.balancer = site, balancer
        self._number = 0

    def add(self) -> Task:
        """One more, in service when this returns."""
        self._number += 1
        child, port = self.site.web(f"web-{self._number}")
        self.site.wait_ready(child, port)
        self.balancer.register(port)
        wait_for(lambda: self.balancer.healthy(port), seconds=20, what="the target is healthy")
        return Task(child, port)

    def drained_then_stopped(self, task: Task) -> None:
        self.balancer.deregister(task.port)
        wait_for(lambda: self.balancer.drained(task.port), seconds=30, what="it is drained")
        task.child.stop()

    def stopped_then_drained(self, task: Task) -> None:
        """The race that ECS may lose: the process is told first."""
        task.child.ask_to_stop()
        time.sleep(LAG)
        self.balancer.deregister(task.port)
        task.child.wait_until_stopped()

    def killed(self, task: Task) -> None:
        """No signal that it could answer, and nobody tells the balancer."""
        kill_all(task.child.pid)
        wait_for(lambda: not self.balancer.healthy(task.port), seconds=20, what="it is missed")
        task.child.wait_until_stopped()


def rehearse(tell: stage.Teller) -> stage.Result:
    with Site.of() as site, Balancer(choose(avoid=set())) as balancer:
        site.environment["WEB_DRAIN_SECONDS"] = DRAIN
        site.migrate()
        people = site.people(PEOPLE)
        fleet = Fleet(site, balancer)
        tasks = [fleet.add(), fleet.add()]
        worker, beat = site.worker("worker-1"), site.beat("beat-1")
        tell("two web tasks, a worker and beat run; the load begins")
        with Load(balancer.url, people, rate=RATE) as load:
            marks = _replace_all(site, fleet, tasks, worker, beat, load, tell)
            marks += _guards_off(site, fleet, tasks, load, tell)
        tell("the load is over; the last messages leave")
        wait_for(lambda: not site.sent().unsent, seconds=60, what="all messages have left")
        return _judge(site, load, marks)


Mark = tuple[str, float]


def _replace_all(
    site: Site, fleet: Fleet, tasks: list[Task], worker: Child, beat: Child, load: Load,
    tell: stage.Teller,
) -> list[Mark]:  # fmt: skip
    """Each once; returns what began when (seconds on the load's clock)."""
    marks = [("before", load.clock())]
    load.run_for(STEADY)
    marks.append(("web: balancer first, then SIGTERM", load.clock()))
    tasks.append(fleet.add())
    fleet.drained_then_stopped(tasks.pop(0))
    tell("the first web task was drained, then stopped")
    marks.append((f"web: SIGTERM, balancer {LAG:.0f} s later", load.clock()))
    tasks.append(fleet.add())
    fleet.stopped_then_drained(tasks.pop(0))
    tell("the second web task was told to stop before the balancer knew")
    marks.append(("worker and beat", load.clock()))
    site.worker("worker-2")
    load.run_for(5)
    worker.stop()
    beat.stop()  # exactly one: the old one ends before the new one begins
    site.beat("beat-2")
    load.run_for(5)
    tell("worker and beat were replaced")
    return marks


def _guards_off(
    site: Site, fleet: Fleet, tasks: list[Task], load: Load, tell: stage.Teller
) -> list[Mark]:
    site.environment["WEB_DRAIN_SECONDS"] = "0"
    tasks += [fleet.add(), fleet.add()]
    marks = [("guard off: no pause after SIGTERM", load.clock())]
    fleet.stopped_then_drained(tasks.pop())
    load.run_for(2)
    tell("a web task without the pause was told to stop before the balancer knew")
    marks.append(("guard off: SIGKILL", load.clock()))
    fleet.killed(tasks.pop())
    load.run_for(2)
    tell("a web task was killed")
    return [*marks, ("", load.clock())]


def _judge(site: Site, load: Load, marks: list[Mark]) -> stage.Result:
    result = stage.Result()
    lines, unguarded = [], []
    for (name, since), (_, until) in itertools.pairwise(marks):
        found = judging.figures(load.samples, since=since, until=until)
        lines.append(stage.line(name, found))
        if name.startswith("guard off"):
            unguarded.append(found.failed)
    result.table(*stage.HEADS, lines=lines)
    guarded_until = next(since for name, since in marks if name.startswith("guard off"))
    guarded = judging.figures(load.samples, until=guarded_until)
    sent, lost = site.sent(), judging.lost(load.journal, site.visits())
    result.table(
        "messages", "not sent", "missing", "sent twice",
        lines=[[sent.messages, sent.unsent, sent.missing, sent.twice]],
    )  # fmt: skip
    trouble = judging.troubles(one for one in load.samples if one.at < guarded_until)
    told = f" ({trouble})" if trouble else ""
    result.promise(
        f"{guarded.failed} of {guarded.requests} requests failed{told}", not guarded.failed
    )
    result.promise(
        f"each of {sent.messages} messages was sent exactly once",
        sent.exactly_once and sent.messages >= len(load.journal),
    )
    result.promise(f"{len(lost)} of {len(load.journal)} bookings were lost", not lost)
    result.promise("the invariants hold", site.invariants_hold())
    result.promise(f"without the guards {' and '.join(map(str, unguarded))} failed", all(unguarded))
    return result


if __name__ == "__main__":
    stage.main("restart", rehearse, seconds=WITHIN)
