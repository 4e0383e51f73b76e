"""When ECS starts more tasks, and when they are there: the delays between need and help."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy.sizing.measured import START_PROCESSOR_MS

# Target tracking's own alarm: three minutes in a row above the target, of metrics by the minute
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
# and https://fortem.dev/blog/ecs-fargate-autoscaling/: "about three minutes above the target").
DATAPOINTS = 3
# From the end of a minute until its metric is there and the alarm has acted: assumed.
REACTION = 30.0
COOLDOWN = 60.0  # as in the web service's policies
# From being asked for until the container starts. 53 to 62 s were measured for an image of 413 MB
# (https://elasticscale.com/blog/reduce-aws-fargate-pull-times-with-soci); ours is smaller.
FARGATE = 60.0
HEALTHY = 26.0  # two looks of the balancer, thirteen seconds apart (stacks/app/timing.py)


def start_seconds(vcpus: float) -> float:
    """From being asked for until the balancer sends it requests."""
    return FARGATE + START_PROCESSOR_MS / 1000 / min(1.0, vcpus) + HEALTHY


@dataclass
class Following:
    """The web service's policies: processors, and requests a minute of a task. Never fewer tasks
    within a run: they would go after fifteen quiet minutes."""

    tasks: int  # wanted; those that start are among them
    most: int
    vcpus: float
    requests_target: float = 600.0  # a minute, a vCPU; the configuration's `requests_a_minute`
    busy_target: float = 0.70
    above: dict[str, int] = field(default_factory=dict)  # minutes in a row
    quiet_until: float = 0.0
    ready: int = 0
    due: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ready = self.tasks

    def minute(self, now: float, *, busy: float, arrived: int) -> Iterator[float]:
        self._arrive(now)
        measures = {
            "busy": busy / self.busy_target,
            "requests": arrived / self.ready / (self.requests_target * self.vcpus),
        }
        wanted = self.tasks
        for name, ratio in measures.items():
            self.above[name] = self.above.get(name, 0) + 1 if ratio > 1 else 0
            if self.above[name] >= DATAPOINTS:
                wanted = max(wanted, math.ceil(self.ready * ratio))
        wanted = min(wanted, self.most)
        if wanted <= self.tasks or now < self.quiet_until:
            return
        self.quiet_until = now + COOLDOWN
        moment = now + REACTION + start_seconds(self.vcpus)
        for _ in range(wanted - self.tasks):
            self.due.append(moment)
            yield moment
        self.tasks = wanted

    def _arrive(self, now: float) -> None:
        self.ready += sum(moment <= now for moment in self.due)
        self.due = [moment for moment in self.due if moment > now]
