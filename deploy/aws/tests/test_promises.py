"""Every promise holds, and each of its tests fails where it does not."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from deploy.aws import promises
from deploy.aws.promises.cloud import Cloud
from deploy.aws.promises.promise import KEPT, Promise

for each in pkgutil.iter_modules(promises.__path__):
    importlib.import_module(f"{promises.__name__}.{each.name}")


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_it_holds(kept: Promise, cloud: Cloud) -> None:
    if kept.applies_to(cloud):
        assert list(kept.faults(cloud)) == []


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_it_is_seen_to_be_broken(kept: Promise, cloud: Cloud) -> None:
    if kept.applies_to(cloud):
        for harm in kept.breaks:
            harmed = cloud.copy()
            harm(harmed)
            assert list(kept.faults(harmed)), harm.__name__


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_somebody_says_how_it_is_broken(kept: Promise) -> None:
    assert kept.breaks
