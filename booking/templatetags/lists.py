"""What stands above a list of the portal."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def choices_of(cl: Any, parameter: str) -> list[dict[str, Any]]:
    """The choices of the list's filter of that name, as links: each keeps the other filters."""
    for some in cl.filter_specs:
        if getattr(some, "parameter_name", "") == parameter:
            return list(some.choices(cl))
    return []
