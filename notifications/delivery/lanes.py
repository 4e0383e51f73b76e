"""One channel's way out during a run: its slots, its limit, and whether its provider is there."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from notifications.channels import (
    Letter,
    Outlet,
    ProviderAway,
    Refused,
    Result,
    SlowDown,
    Throttled,
    Trouble,
    Untried,
)
from notifications.delivery.circuit import circuit_of
from notifications.delivery.claiming import Look, Taken, begin
from notifications.delivery.recording import Answer, Away
from notifications.limits import limit_of

# With slots to spare, whether something new is due.
LOOK_AGAIN_SECONDS = 1.0

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """Letters on their way to the provider."""

    lane: Lane
    taken: Sequence[Taken]
    begun_at: dt.datetime


class Lane:
    def __init__(self, channel: str, outlet: Outlet) -> None:
        self.channel, self.outlet = channel, outlet
        self.limit, self.circuit = limit_of(channel, outlet), circuit_of(channel)
        self.rate = self.limit.rate()
        self.calling = 0
        self.wait = 0.0  # seconds until the limit grants something
        self._pool = ThreadPoolExecutor(outlet.in_flight, thread_name_prefix=f"send-{channel}")
        self._granted = 0
        self._ask = outlet.per_call

    def room(self, *, now: dt.datetime) -> int:
        """How many more calls may be made now; a provider that was away is asked by one."""
        if not self.circuit.may_try(now=now):
            return 0
        return (self.outlet.in_flight if self.circuit.closed() else 1) - self.calling

    def begin(self, *, lease: uuid.UUID, now: dt.datetime, suspects: bool = False) -> Look | None:
        """Let as many begin as there are slots and tokens for. None when there are not any."""
        self.wait = 0.0
        room = min(self.room(now=now), 1) if suspects else self.room(now=now)
        if room <= 0:
            return None
        wanted = min(self._ask, self.outlet.per_call * room) if self.circuit.closed() else 1
        if not self._tokens(wanted):
            return None
        look = begin(
            channel=self.channel,
            provider=self.outlet.name,
            lease=lease,
            now=now,
            limit=min(wanted, self._granted),
            cut=lambda taken: self._cut(taken)[:room],
            suspects=suspects,
        )
        begun = sum(len(call) for call in look.begun)
        self._granted -= begun
        # What was looked at and found no room is looked at again: of a mixed queue, less.
        most = self.outlet.per_call * self.outlet.in_flight
        self._ask = max(2 * begun, 1) if look.left else min(2 * self._ask, most)
        return look

    def patience(self) -> float:
        """Seconds after which more may leave, though no call be over by then."""
        if self.wait:
            return self.wait
        return LOOK_AGAIN_SECONDS if self.calling < self.outlet.in_flight else math.inf

    def submit(
        self, taken: Sequence[Taken], *, now: dt.datetime
    ) -> tuple[Future[list[Result]], Call]:
        self.calling += 1
        letters = [each.letter for each in taken]
        return self._pool.submit(self.outlet.send, letters), Call(self, taken, now)

    def landed(self, future: Future[list[Result]], call: Call, *, now: dt.datetime) -> list[Answer]:
        """What became of a call that is over, and what that says of the provider."""
        self.calling -= 1
        results: Sequence[Result | Away]
        try:
            results = future.result()
            if len(results) != len(call.taken):
                raise ValueError("as many results as letters are needed")
        except ProviderAway as error:
            self.circuit.away(now=now)
            logger.warning("provider-away", channel=self.channel, messages=len(call.taken))
            results = [Away(str(error))] * len(call.taken)
        except SlowDown as error:
            self.circuit.answered()
            self._pause(error.seconds)
            results = [Away("the provider is busy")] * len(call.taken)
        except Exception as error:  # a fault of ours: none is lost by it, and the culprit found
            logger.exception("outlet-broke", channel=self.channel, messages=len(call.taken))
            results = [_broken(error, alone=len(call.taken) == 1)] * len(call.taken)
        else:
            gone = any(isinstance(result, Untried) for result in results)
            self.circuit.away(now=now) if gone else self.circuit.answered()
            pauses = [result.seconds for result in results if isinstance(result, Throttled)]
            if pauses:
                self._pause(max(pauses))
        return [
            Answer(taken, call.begun_at, self.outlet.name, self.channel, result)
            for taken, result in zip(call.taken, results, strict=True)
        ]

    def _pause(self, seconds: float) -> None:
        self.limit.slow_down(seconds, self.rate)
        self._granted = 0
        logger.info("slow-down", channel=self.channel, seconds=seconds)

    def close(self) -> None:
        """The outlet keeps its line for the next run."""
        self._pool.shutdown()
        self.limit.give_back(self._granted, self.rate)
        self._granted = 0

    def _tokens(self, wanted: int) -> bool:
        if self._granted < wanted:
            granted, self.wait = self.limit.take(wanted - self._granted, self.rate)
            self._granted += granted
        return self._granted > 0

    def _cut(self, taken: list[Taken]) -> list[Sequence[Taken]]:
        """Into calls, in the order of the queue. Who failed before goes alone: should that be what
        breaks a call, the others are not broken by it again."""
        by_id = {each.letter.id: each for each in taken}
        alone = {each.letter.id for each in taken if each.attempts > each.losses}
        together: list[Letter] = [each.letter for each in taken if each.letter.id not in alone]
        calls = [[by_id[letter.id] for letter in call] for call in self.outlet.calls(together)]
        calls += [[by_id[id_]] for id_ in alone]
        place = {each.letter.id: number for number, each in enumerate(taken)}
        return sorted(calls, key=lambda call: place[call[0].letter.id])


def _broken(error: Exception, *, alone: bool) -> Result:
    reason = f"outlet {type(error).__name__}"
    return Refused(reason) if alone else Trouble(reason)
