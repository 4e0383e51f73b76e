"""What every page of the staff portal shares: its reads and changes are written to the audit
trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db import DataError, models, transaction
from django.db.models.expressions import OrderBy
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from accounts.looking import RecordingAutocomplete, RecordsLooks
from accounts.operations import record_audit
from clinic.lib.actor import Actor


def change_password(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Where everybody does, with its limits and notices, instead of on a page of Django's own."""
    return redirect("account_change_password")


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    """For `admin.site.autocomplete_view`."""
    return RecordingAutocomplete.as_view(admin_site=admin.site)(request)


_pages: list[URLPattern] = []


def page(route: str, *, name: str, permission: str) -> Callable[[Callable[..., Any]], Any]:
    """Decorates the view of a page of the portal that is no model's own: `/admin/<route>`, reversed
    as `admin:<name>`, for whoever has the permission; others get 403, or the sign-in page."""

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        _pages.append(path(route, admin.site.admin_view(guarded), name=name))
        return guarded

    return register


def pages() -> list[URLPattern]:
    """Every such page; `clinic.urls` gives them to the admin site, before its models' own."""
    return list(_pages)


def show(
    request: HttpRequest, template: str, *, status: int | None = None, **context: Any
) -> TemplateResponse:
    """A template of the portal, with the menu and all that its frame needs."""
    return TemplateResponse(
        request, template, admin.site.each_context(request) | context, status=status
    )


# What a filter for a span of days or times calls its fields.
SPAN = re.compile(r"(\w+?)_(?:from|to)(?:_[01])?")


class AuditedAdmin(RecordsLooks, ModelAdmin):
    """Writes one audit row for each look at patients, and for each change: the fields' names, never
    their values.

    Django's own log is not written: it would keep people's names beside the change.
    """

    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the list's own filters ask for.

        Django allows every lookup on a model's own fields in an address, and so would answer
        `?password__startswith=` or `?context__reason__icontains=` to whoever may see the list.
        """
        allowed = {_field_of(some) for some in self.list_filter or ()}
        asked = lookup.split("__")[0]
        if (span := SPAN.fullmatch(lookup)) and span[1] in allowed:
            return True
        return asked in allowed and super().lookup_allowed(lookup, value, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What no column can hold (a NUL, the year 99999) is an empty wish, not an error."""
        try:
            with transaction.atomic():
                return super().changelist_view(request, extra_context)
        except (DataError, ValueError, OverflowError, ValidationError):
            messages.error(request, _("This could not be looked for."))
            return redirect(request.path)

    def save_related(
        self, request: HttpRequest, form: ModelForm[Any], formsets: list[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        fields = list(form.changed_data)
        fields += [formset.prefix for formset in formsets if formset.has_changed()]
        if change and not fields:
            return
        verb = "changed" if change else "created"
        self.audit(request, form.instance, verb, {"fields": fields} if change else {})

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self.audit(request, obj, "deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for each in queryset:
            self.audit(request, each, "deleted")
        super().delete_queryset(request, queryset)

    def audit(
        self,
        request: HttpRequest,
        obj: models.Model,
        verb: str,
        data: dict[str, Any] | None = None,
    ) -> None:
        record_audit(
            action=f"{obj._meta.model_name}.{verb}",
            subject=obj,
            by=Actor.from_request(request),
            now=timezone.now(),
            patient_id=getattr(obj, "patient_id", None),
            data=data,
        )

    def log_addition(self, *args: Any) -> None:
        """Not in Django's log; see the class."""

    def log_change(self, *args: Any) -> None:
        """Not in Django's log; see the class."""

    def log_deletions(self, *args: Any) -> None:
        """Not in Django's log; see the class."""


def _field_of(some: Any) -> str:
    """The field that an entry of `list_filter` asks for: a name, a pair, or a class."""
    name = some[0] if isinstance(some, tuple) else some
    if isinstance(name, str):
        return name.split("__")[0]
    return str(getattr(name, "parameter_name", ""))


class ReadOnlyAdmin(AuditedAdmin):
    """Shows rows that nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown: list[str] = list(self.fields or [])
        return shown or [field.name for field in self.model._meta.fields]


class BoundedPaginator(Paginator):
    """Counts to five thousand and no further: the table has millions of rows. A page is found by
    keys alone, and only its own rows are read and joined."""

    MOST = 5_000

    @cached_property
    def count(self) -> int:
        rows = self.object_list.order_by()[: self.MOST]  # type: ignore[attr-defined]
        return int(rows.count())

    def page(self, number: int | str) -> Page[Any]:
        page = super().page(number)
        keys = page.object_list.values_list("pk", flat=True)  # type: ignore[attr-defined]
        page.object_list = self.object_list.filter(pk__in=list(keys))  # type: ignore[attr-defined]
        return page


def sorted_after_search(
    found: models.QuerySet[Any], *, name: str, by: models.F | models.Expression
) -> models.QuerySet[Any]:
    """The rows that a search found, in their order, with `by` for the field: an expression that
    sorts alike and has no index. With an index PostgreSQL may walk the whole table in that order,
    hoping to come by a page of them soon; of a name with W it comes by at the end."""
    orders: dict[Any, Any] = {name: OrderBy(by), f"-{name}": OrderBy(by, descending=True)}
    return found.order_by(*(orders.get(each, each) for each in found.query.order_by))
