"""Reads that other apps and delivery ask for."""

from __future__ import annotations

from collections.abc import Iterable

from notifications.models import Suppression


def as_suppressed(address: str) -> str:
    """An address as suppressions keep it."""
    return address.strip().lower()


def suppressed(*, channel: str, addresses: Iterable[str]) -> dict[str, str]:
    """Which of these nothing may be sent to, as they were given, and why (Suppression.Reason)."""
    asked = {address: as_suppressed(address) for address in addresses}
    if not asked:
        return {}
    live = Suppression.objects.filter(
        channel=channel, address__in=set(asked.values()), lifted_at__isnull=True
    )
    reasons = dict(live.values_list("address", "reason"))
    return {given: reasons[kept] for given, kept in asked.items() if kept in reasons}
