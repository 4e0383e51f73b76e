"""Sizes of databases and caches that can be had, smallest first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """`share`: of its processors it may use that much day and night; a small one that works more
    uses up what it saved while idle, then costs extra (RDS) or slows down (ElastiCache)."""

    name: str
    vcpus: int
    gib: float
    share: float = 1.0

    @property
    def steady(self) -> float:
        """Processors that it has for good."""
        return self.vcpus * self.share

    @property
    def acus(self) -> float:
        """Aurora's units of the same memory: 2 GiB each, half a one at least."""
        return max(0.5, self.gib / 2)


# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
DATABASES = (
    Machine("db.t4g.micro", 2, 1, share=0.10),
    Machine("db.t4g.small", 2, 2, share=0.20),
    Machine("db.t4g.medium", 2, 4, share=0.20),
    Machine("db.m7g.large", 2, 8),
    Machine("db.m7g.xlarge", 4, 16),
    Machine("db.m7g.2xlarge", 8, 32),
    Machine("db.m7g.4xlarge", 16, 64),
    Machine("db.m7g.8xlarge", 32, 128),
    Machine("db.m7g.16xlarge", 64, 256),
)
CACHES = (
    Machine("cache.t4g.micro", 2, 0.5, share=0.10),
    Machine("cache.t4g.small", 2, 1.37, share=0.20),
    Machine("cache.t4g.medium", 2, 3.09, share=0.20),
    Machine("cache.m7g.large", 2, 6.38),
)


def machine(name: str) -> Machine:
    """Raises KeyError for a size that is not in the ladders."""
    return {each.name: each for each in (*DATABASES, *CACHES)}[name]
