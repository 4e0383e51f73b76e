"""That pages of the staff portal show patients is written down, by every page of every model alike.

A list is one row of the trail with the ids of all whom it showed; what was opened is one row of its
own. Both cost one statement, and one more where the patient is not in the row itself.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Patient
from accounts.operations import record_audit, record_list
from clinic.lib.actor import Actor

# How many foreign keys away from a patient a row still speaks of that patient.
FURTHEST = 3


def path_to_patient(model: type[models.Model]) -> str | None:
    """The way from a row to the id of its patient along foreign keys, the shortest there is:
    "pk", "patient_id", "entry__patient_id". None where there is none."""
    if model is Patient:
        return "pk"
    queue: deque[tuple[type[models.Model], tuple[str, ...]]] = deque([(model, ())])
    while queue:
        at, way = queue.popleft()
        for field in at._meta.concrete_fields:
            target = field.related_model
            if not isinstance(target, type) or target is model:
                continue
            if target is Patient:
                return "__".join([*way, field.attname])
            if len(way) + 1 < FURTHEST:
                queue.append((target, (*way, field.name)))
    return None


class RecordsLooks:
    """For a ModelAdmin. What a model has no foreign key for (who has a login, what an address is
    of) its admin says in `patients_of` or `patients_on_page`."""

    model: type[models.Model]
    # None: as `path_to_patient` finds it.
    patient_path: str | None = None

    def names_patients(self, request: HttpRequest) -> bool:
        """Whether what this person is shown says of whom it is."""
        return bool(self.patient_path or path_to_patient(self.model))

    def patients_of(self, rows: list[Any]) -> set[uuid.UUID]:
        """Of whom these rows of the list are."""
        path = self.patient_path or path_to_patient(self.model)
        if path is None or not rows:
            return set()
        if "__" not in path and hasattr(rows[0], path):
            found: Iterable[Any] = (getattr(row, path) for row in rows)
        else:
            manager = self.model._default_manager
            found = manager.filter(pk__in=[row.pk for row in rows]).values_list(path, flat=True)
        return {each for each in found if each is not None}

    def patients_on_page(self, obj: Any) -> set[uuid.UUID]:
        """Of whom the page of this one row speaks."""
        return self.patients_of([obj])

    def record_list(
        self, request: HttpRequest, rows: Iterable[Any], verb: str = "listed", **codes: Any
    ) -> None:
        """That these rows were shown, or found for a field of a form."""
        if self.names_patients(request):
            record_list(
                action=f"{self.model._meta.model_name}.{verb}",
                of=self.model,
                patient_ids=self.patients_of(list(rows)),
                by=Actor.from_request(request),
                now=timezone.now(),
                data=codes,
            )

    def record_look(self, request: HttpRequest, obj: Any, verb: str = "viewed") -> None:
        """That the page of one row was shown. Pages that an admin adds call it themselves."""
        if not self.names_patients(request):
            return
        patients = self.patients_on_page(obj)
        action = f"{self.model._meta.model_name}.{verb}"
        who: Any = {"by": Actor.from_request(request), "now": timezone.now()}
        if len(patients) > 1:
            record_list(action=action, of=obj, patient_ids=patients, **who)
        else:
            record_audit(action=action, subject=obj, patient_id=next(iter(patients), None), **who)

    # -- The pages that Django's admin has ------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        if (shown := _context(response).get("cl")) is not None:
            self.record_list(request, shown.result_list)
        return response

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        if (shown := _context(response).get("original")) is not None:
            self.record_look(request, shown)
        return response

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Its title is the row's name."""
        response: HttpResponse = super().history_view(request, *args, **kwargs)  # type: ignore[misc]
        if (shown := _context(response).get("object")) is not None:
            self.record_look(request, shown)
        return response

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().delete_view(request, *args, **kwargs)  # type: ignore[misc]
        if (shown := _context(response).get("object")) is not None:
            self.record_look(request, shown)
        return response


class RecordingAutocomplete(AutocompleteJsonView):
    """What is offered while somebody types into a field of a form was found, and is recorded."""

    model_admin: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if isinstance(self.model_admin, RecordsLooks):
            self.model_admin.record_list(self.request, context["object_list"], verb="found")
        return context


def _context(response: HttpResponse) -> dict[str, Any]:
    """What a page shows, before it is drawn; nothing of a redirect or a refusal."""
    if isinstance(response, TemplateResponse) and response.status_code < 300:
        return response.context_data or {}
    return {}
