"""Every stack has its place in a release."""

from __future__ import annotations

from deploy.aws import outputs
from deploy.aws.synthesis import Synthesis


def test_no_stack_is_forgotten(synthesis: Synthesis) -> None:
    order = [*outputs.BEFORE_IMAGE, *outputs.BEFORE_MIGRATION, *outputs.AFTER_MIGRATION]

    assert set(synthesis.templates) <= set(order)
    assert len(order) == len(set(order))
