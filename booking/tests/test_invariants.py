"""A clean database passes; each check reports a promise that is broken once its guard is gone."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command

from booking import operations
from booking.invariants import CHECKS, Result, prove
from booking.models import Appointment, Status, TimeOff
from booking.tests.breakers import BREAKERS, taken_by_nobody
from booking.tests.lived import Lived, sql, without
from documents import storage
from documents.operations import comparing
from documents.tests.factories import BYTES, stored_document
from tests import factories
from tests.factories import NOW, World, at


def results(**narrowed: object) -> dict[str, Result]:
    return {result.name: result for result in prove(**narrowed)}


@pytest.fixture
def lived(db: None) -> Lived:
    return Lived()


def test_a_clean_database_passes_every_check(lived: Lived) -> None:
    found = results()

    assert {name: result.rows for name, result in found.items() if result.broken} == {}
    assert found["visits_stand_on_their_slots"].checked == Appointment.objects.live().count()
    assert {visit.status for visit in Appointment.objects.all()} >= {
        Status.HELD, Status.PENDING, Status.BOOKED, Status.COMPLETED, Status.EXPIRED,
        Status.DECLINED, Status.CANCELLED, Status.NO_SHOW,
    }  # fmt: skip


def test_an_empty_database_passes_every_check(db: None) -> None:
    assert [result.name for result in prove() if result.broken] == []


SEPARATELY = {"application_cannot_rewrite_the_trail", "no_object_is_forgotten"}


def test_every_check_is_seen_to_fail() -> None:
    assert {name for name, _breaker in BREAKERS} | SEPARATELY == {check.name for check in CHECKS}


def test_every_check_says_what_it_means_in_one_line() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.meaning.endswith(".") and "\n" not in check.meaning for check in CHECKS)


def test_more_broken_rows_than_are_shown_are_all_counted(db: None) -> None:
    world = World()
    without("booking_slot", "slot_no_overlap")
    factories.cells(world.ada, at("09:05"), 12)
    factories.cells(world.bob, at("09:05"), 12)

    found = results()["slots_do_not_overlap"]

    assert found.broken > len(found.rows) == 20


def test_the_owner_of_the_tables_is_told_that_only_triggers_stop_him(db: None) -> None:
    assert results()["application_cannot_rewrite_the_trail"].status == "skipped"


def test_a_role_that_may_change_the_trail_is_reported(db: None) -> None:
    rights = next(c for c in CHECKS if c.name == "application_cannot_rewrite_the_trail")
    sql("CREATE ROLE invariants_probe")
    sql("GRANT SELECT, INSERT ON accounts_auditevent, accounts_auditseal TO invariants_probe")
    sql("SET LOCAL ROLE invariants_probe")
    assert rights.run(None).status == "ok"
    sql("RESET ROLE")

    sql("GRANT UPDATE (data) ON accounts_auditevent TO invariants_probe")
    sql("GRANT TRUNCATE ON accounts_auditseal TO invariants_probe")
    sql("SET LOCAL ROLE invariants_probe")
    found = rights.run(None)
    sql("RESET ROLE")

    assert [row["fault"] for row in found.rows] == [
        "the application may UPDATE",
        "the application may TRUNCATE",
    ]


def test_one_clinic_is_judged_without_the_others(lived: Lived) -> None:
    other = factories.clinic(is_current=False)
    taken_by_nobody(lived)

    assert results(clinic=lived.clinic)["taken_slots_have_an_owner"].broken == 1
    assert results(clinic=other)["taken_slots_have_an_owner"].broken == 0
    assert results(clinic=other)["slots_do_not_overlap"].checked == 0


def test_time_off_over_a_booked_visit_breaks_nothing(lived: Lived) -> None:
    TimeOff.objects.create(
        clinic=lived.clinic, kind=TimeOff.Kind.HOLIDAY, start=at("09:00"), end=at("12:00")
    )
    operations.generate_slots(clinic=lived.clinic, now=NOW)

    assert [result.name for result in prove() if result.broken] == []


def test_the_command_exits_with_1_and_the_rows(
    lived: Lived, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check_invariants")
    assert "all hold." in capsys.readouterr().out
    taken_by_nobody(lived)

    with pytest.raises(SystemExit) as ended:
        call_command("check_invariants")

    shown = capsys.readouterr().out
    assert ended.value.code == 1
    assert "✗ taken_slots_have_an_owner" in shown
    assert '"claims": 0' in shown
    assert shown.rstrip().endswith("1 broken.")


def test_the_command_answers_programs(lived: Lived, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_invariants", "--json", "--clinic", lived.clinic.name)

    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    assert {check["status"] for check in answer["checks"]} == {"ok", "skipped"}


def test_the_command_says_when_there_is_no_such_clinic(db: None) -> None:
    with pytest.raises(CommandError, match="No clinic"):
        call_command("check_invariants", "--clinic", "Nowhere")


def test_an_object_that_no_sweep_took_is_reported(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.put_bytes(storage.new_key(storage.FILES), BYTES, "application/pdf")
    check = next(check for check in CHECKS if check.name == "no_object_is_forgotten")
    assert check.run(None).status == "ok"
    monkeypatch.setattr(comparing, "SWEPT_WITHIN", dt.timedelta(seconds=-5))
    assert check.run(None).status == "broken"


def test_whole_documents_pass_and_a_store_that_is_away_is_said(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        stored_document(lived.patient, pages=2)
    found = results()["ready_documents_have_their_object"]
    assert (found.status, found.checked) == ("ok", 9)

    def away(prefix: str) -> None:
        raise storage.StorageAway("ConnectTimeout")

    monkeypatch.setattr(storage, "versions", away)
    for name in ("ready_documents_have_their_object", "no_object_is_forgotten"):
        away_now = results()[name]
        assert (away_now.status, "StorageAway" in away_now.note) == ("skipped", True)
