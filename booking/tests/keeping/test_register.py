"""No table and no column with words is forgotten, whenever it was added."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import models

from booking.keeping.register import Fate, Table
from booking.keeping.tables import NOBODY, TABLES
from booking.tests.keeping.life import texts

REGISTERED = {table.label for table in TABLES}
# Columns that may name a person without a foreign key.
PERSONAL = re.compile(r"user|patient|email|phone|recipient|username|owner|person", re.IGNORECASE)


def every_model() -> dict[str, type[models.Model]]:
    return {
        model._meta.label_lower: model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
    }


def test_every_table_is_in_the_register() -> None:
    """A new one: say in `booking.keeping.tables` whose its rows are and what erasing does."""
    assert set(every_model()) - REGISTERED - set(NOBODY) == set()
    assert (REGISTERED | set(NOBODY)) - set(every_model()) == set()
    assert REGISTERED & set(NOBODY) == set()


@pytest.mark.parametrize("label", sorted(label for label, why in NOBODY.items() if not why))
def test_no_way_leads_from_nobodys_table_to_a_person(label: str) -> None:
    """With a reason beside it one may: somebody has thought of it."""
    for column in every_model()[label]._meta.concrete_fields:
        related = column.related_model
        if isinstance(related, type) and issubclass(related, models.Model):
            assert related._meta.label_lower not in REGISTERED, column
        elif column.name != "opening_text" and label != "accounts.clinic":
            assert not PERSONAL.search(column.name), column


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.label}-{table.fate}")
def test_what_is_not_deleted_or_not_shown_has_its_reason(table: Table) -> None:
    assert table.why or table.fate == Fate.DELETED
    assert table.exported or table.not_exported
    assert all(table.withheld.values())
    names = {column.name for column in table.model._meta.concrete_fields}
    for columns in (table.withheld, table.empties, table.harmless):
        assert set(columns) <= names


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.fate == Fate.EMPTIED], ids=lambda t: t.label
)
def test_of_what_is_emptied_every_word_is_accounted_for(table: Table) -> None:
    words = {column.name for column in texts(table.model)}
    assert words - set(table.empties) - set(table.harmless) == set()


def test_a_new_table_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(NOBODY, "booking.delay")
    with pytest.raises(AssertionError, match=r"booking\.delay"):
        test_every_table_is_in_the_register()
