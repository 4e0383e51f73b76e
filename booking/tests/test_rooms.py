"""Which rooms a visit can have: the arithmetic alone."""

from __future__ import annotations

import itertools
import uuid

from hypothesis import given
from hypothesis import strategies as st

from booking.rooms import assign

IDS = [uuid.UUID(int=number) for number in range(5)]
needs_lists = st.lists(st.lists(st.sampled_from(IDS), unique=True), max_size=4)


def test_a_need_with_one_choice_is_served_before_one_with_many() -> None:
    a, b = IDS[:2]

    assert assign([[a, b], [a]], {a, b}) == (b, a)


def test_two_needs_never_share_a_room() -> None:
    assert assign([[IDS[0]], [IDS[0]]], set(IDS)) is None


def test_a_need_that_nothing_satisfies_cannot_be_met() -> None:
    assert assign([[]], set(IDS)) is None


def test_without_needs_there_is_nothing_to_choose() -> None:
    assert assign([], set()) == ()


@given(needs=needs_lists, free=st.sets(st.sampled_from(IDS)))
def test_a_choice_is_found_exactly_when_there_is_one(
    needs: list[list[uuid.UUID]], free: set[uuid.UUID]
) -> None:
    possible = any(
        len(set(choice)) == len(choice) and set(choice) <= free
        for choice in itertools.product(*needs)
    )

    found = assign(needs, free)

    assert (found is not None) == possible
    if found is not None:
        assert len(set(found)) == len(found) == len(needs)
        assert all(one in need and one in free for one, need in zip(found, needs, strict=True))
