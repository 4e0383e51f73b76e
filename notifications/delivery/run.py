"""A run: as long as anything is due, let it begin, wait for the answers, write them down.

One thread, this one, talks to the database; the calls are made by others that never do.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, wait

import structlog
from django.db import DatabaseError, connection
from django.utils import timezone

from clinic.lib import stopping
from notifications import ping
from notifications.channels import NoOutlet, Result, outlet_for
from notifications.delivery import claiming, losing, recording
from notifications.delivery.lanes import Call, Lane
from notifications.models import Channel

logger = structlog.get_logger(__name__)

# Then others have a turn at this worker; a run that had more to do asks for another.
RUN_SECONDS = 10.0
# For rows that somebody holds, and for what follows another worker's call.
PATIENCE_SECONDS = 5.0
SUSPECTS_SECONDS = 3.0
RENEW_SECONDS = 10.0
# Waiting for longer than this needs no database connection.
MOMENT_SECONDS = 1.0
# How long answers are kept for a database that is away.
RESCUE_SECONDS = 60.0
LOCKED_SECONDS = 0.05
BATCH = 500


def deliver_due() -> dict[str, int]:
    """Send all that is due. Returns how many messages ended in which state.

    Several workers may do so at once. Ends when nothing is due; or after RUN_SECONDS, or as soon as
    this worker is asked to stop, with a hint for another run.
    """
    run = Run()
    try:
        run.work()
    finally:
        run.land()
    counts = {status: count for status, count in run.counts.items() if count}
    if counts:
        logger.info("delivered", **counts)
    for reason, count in run.reasons.items():
        logger.warning("messages-failed", reason=reason, count=count)
    return counts


class Run:
    def __init__(self) -> None:
        self.lease = uuid.uuid4()
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.lanes: list[Lane] = []
        self.flying: dict[Future[list[Result]], Call] = {}
        self.answers: list[recording.Answer] = []
        self.until = time.monotonic() + RUN_SECONDS
        self.renewed = time.monotonic()
        self.shared = False
        self.quiet = False

    def work(self) -> None:
        self.counts.update(losing.take_back(now=timezone.now()))
        self.counts.pop("queued", None)  # those are sent now
        self._open()
        self._suspects()
        patience = PATIENCE_SECONDS
        while time.monotonic() < self.until and not stopping.asked():
            self._fill()
            if self.flying or self.answers:
                self._turn(fill=True)
                patience = PATIENCE_SECONDS
                continue
            if self._suspects():
                continue
            pause = self._pause()
            if pause is None or patience <= 0:
                return
            patience -= pause
            self._let_go_for(pause)
            time.sleep(pause)
        ping.hint.give()

    def land(self) -> None:
        """Wait for what is on its way and write it down, though the database be away for a while:
        what has left must not be sent again."""
        until = time.monotonic() + RESCUE_SECONDS
        while self.flying or self.answers:
            try:
                self._turn()
            except DatabaseError as error:
                logger.warning("record-later", error=type(error).__name__)
                if connection.in_atomic_block:
                    break
                connection.close()
                time.sleep(0.5)
            if not self.flying and time.monotonic() > until:
                break  # their lease runs out, and they are counted as lost
        for lane in self.lanes:
            lane.close()

    def _open(self) -> None:
        """A lane for each channel that has a way out; of the others all that is due fails."""
        for channel in Channel.values:
            try:
                self.lanes.append(Lane(channel, outlet_for(channel)))
            except NoOutlet:
                self._give_up(channel, f"no way out for {channel}")
            except Exception:  # settings that cannot be: the other channel goes on
                logger.exception("outlet-unusable", channel=channel)
        for lane in self.lanes:
            if not lane.circuit.closed():
                now = timezone.now()
                self.counts["void"] += claiming.expire(channel=lane.channel, now=now)

    def _give_up(self, channel: str, reason: str) -> None:
        while ended := claiming.give_up(
            channel=channel, now=timezone.now(), limit=BATCH, reason=reason
        ):
            self.counts.update(ended)
            self.reasons[reason] += ended.get("failed", 0)

    def _suspects(self) -> bool:
        """Those that a worker was lost with leave while nothing else of ours is on its way, so
        that nothing else is lost should it not have been by chance. Returns whether any did."""
        until = time.monotonic() + SUSPECTS_SECONDS
        found = False
        for lane in self.lanes:
            while time.monotonic() < until and self._begin(lane, suspects=True):
                found = True
                while self.flying:
                    self._turn()
        return found

    def _fill(self) -> None:
        for lane in self.lanes:
            while self._begin(lane):
                pass

    def _begin(self, lane: Lane, *, suspects: bool = False) -> bool:
        """Whether there may be more to begin at once."""
        now = timezone.now()
        look = lane.begin(lease=self.lease, now=now, suspects=suspects)
        if look is None:
            return False
        for taken in look.begun:
            future, call = lane.submit(taken, now=now)
            self.flying[future] = call
        self.counts.update(look.stopped)
        if look.more and not self.shared:
            self.shared = True
            ping.hint.give()  # more than one call's worth: others may help
        return look.more or (suspects and bool(look.begun or look.stopped))

    def _turn(self, *, fill: bool = False) -> None:
        """Wait for answers, give the slots to others, and write the answers down."""
        for future in self._waited():
            call = self.flying.pop(future)
            self.answers += call.lane.landed(future, call, now=timezone.now())
        if fill:
            self._fill()
        if self.answers:
            done = recording.record(self.answers, lease=self.lease, now=timezone.now())
            self.answers = done.later
            self.counts.update(done.counts)
            self.reasons.update(done.reasons)
        if time.monotonic() - self.renewed > RENEW_SECONDS:
            self.renewed = time.monotonic()
            self._renew()

    def _waited(self) -> set[Future[list[Result]]]:
        """Those that are over. Returns without any when there may be something else to do."""
        if not self.flying:
            time.sleep(LOCKED_SECONDS)
            return set()
        timeout = min([RENEW_SECONDS / 2, *(lane.patience() for lane in self.lanes)])
        timeout = LOCKED_SECONDS if self.answers else timeout
        first = min(timeout, MOMENT_SECONDS) if not self.quiet else 0
        done, _flying = wait(self.flying, timeout=first, return_when=FIRST_COMPLETED)
        if not done and timeout > first:
            self._let_go_for(timeout)
            done, _flying = wait(self.flying, timeout - first, return_when=FIRST_COMPLETED)
        self.quiet = not done and timeout >= MOMENT_SECONDS
        return done

    def _pause(self) -> float | None:
        """Seconds to wait though nothing is on its way; None when there is no reason to."""
        now = timezone.now()
        waits = [lane.wait for lane in self.lanes if lane.wait]
        if waits:
            return min([*waits, MOMENT_SECONDS])
        open_ones = [lane.channel for lane in self.lanes if lane.room(now=now) > 0]
        if open_ones and claiming.waits(channels=open_ones, now=now):
            return LOCKED_SECONDS
        return None

    def _let_go_for(self, seconds: float) -> None:
        """Who only waits keeps no connection to the database. Not in a transaction: that is a
        test's."""
        if seconds >= MOMENT_SECONDS and not connection.in_atomic_block:
            connection.close()

    def _renew(self) -> None:
        ids = [each.letter.id for call in self.flying.values() for each in call.taken]
        ids += [answer.taken.letter.id for answer in self.answers]
        if ids:
            claiming.renew(ids=ids, lease=self.lease, now=timezone.now())
