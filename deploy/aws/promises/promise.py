"""Keeping promises, and the ways in which each is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from deploy.aws.promises.cloud import Cloud

Faults = Callable[[Cloud], Iterable[str]]
Break = Callable[[Cloud], None]

KEPT: list[Promise] = []
# Where web, workers and clock are tasks of their own, which scale.
APART = ("production", "staging", "dev", "preview")
EVERYWHERE = ("production", "staging", "simple", "dev", "preview")


@dataclass
class Promise:
    faults: Faults
    environments: tuple[str, ...]
    breaks: list[Break] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.faults.__module__.rsplit('.', 1)[-1]}.{self.faults.__name__}"

    def applies_to(self, cloud: Cloud) -> bool:
        return cloud.environment.name.split("-")[0] in self.environments


def promise(*environments: str) -> Callable[[Faults], Promise]:
    """Keeps the decorated function, for these environments; for all where none is named."""

    def keep(faults: Faults) -> Promise:
        KEPT.append(Promise(faults, environments or EVERYWHERE))
        return KEPT[-1]

    return keep


def broken_by(kept: Promise) -> Callable[[Break], Break]:
    """The decorated function takes what was promised out of a copy of the templates."""

    def add(harm: Break) -> Break:
        kept.breaks.append(harm)
        return harm

    return add
