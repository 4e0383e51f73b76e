"""What the log of messages can be narrowed to; each by an index or by its newest rows."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.catalog import KINDS
from notifications.models import Message


class KindFilter(SimpleListFilter):
    """By the catalogue: the column's own values would be looked for in every message."""

    title = gettext_lazy("message")
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, kind_text(name)) for name in sorted(KINDS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(template=self.value()) if self.value() else queryset


class _Linked(SimpleListFilter):
    """By a link from elsewhere; shown only when one came by it, to be taken off again."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        return [(value, _("this one"))] if value else []

    def value(self) -> str | None:
        value = self.used_parameters.get(str(self.parameter_name))
        return str(value[0] if isinstance(value, list) else value) if value else None


class PatientFilter(_Linked):
    title = gettext_lazy("patient")
    parameter_name = "patient"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Raises ValueError for what is no id."""
        return queryset.filter(patient=uuid.UUID(self.value())) if self.value() else queryset


class VisitFilter(_Linked):
    title = gettext_lazy("visit")
    parameter_name = "visit"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Raises ValueError for what is no id."""
        if not self.value():
            return queryset
        return queryset.filter(about=f"appointment:{uuid.UUID(self.value())}")


def is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def kind_text(template: str) -> str:
    """“Request received”: the folder's name, which is what people call it."""
    return template.replace("_", " ").capitalize()
