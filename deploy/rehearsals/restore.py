"""`make rehearse-restore`: an operator's mistake, and the database as it was just before it.

A base backup and every segment of the log since are kept, as RDS keeps them. Patients book, then
all visits are emptied by a wrong statement; a new server is restored to the moment before it, and
the site serves from there. Without the log there is only the base backup: the same is measured.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from dataclasses import dataclass

import psycopg

from deploy.local.ports import HOST
from deploy.local.postgres import OWNER
from deploy.rehearsals import judging, stage
from deploy.rehearsals.copies import Copy, configure, give, tell, url
from deploy.rehearsals.load import Load
from deploy.rehearsals.site import Site, wait_for

PEOPLE = 5
RATE = 6.0
ARCHIVED_EVERY = 5  # seconds at most until written log is in the archive; RDS: 5 minutes
AFTER_BACKUP, AFTER_MISTAKE = 15.0, 3.0  # seconds of load
MISTAKE = "TRUNCATE booking_appointment CASCADE"
TRIES = 10
WITHIN = 480


@dataclass
class Loss:
    """Of the bookings acknowledged before the mistake."""

    bookings: int
    seconds: float  # from the first lost one to the mistake
    until_serving: float
    holds: bool


def rehearse(tell_step: stage.Teller) -> stage.Result:
    with Site.of() as site:
        site.migrate()
        people = site.people(PEOPLE)
        archive = _archive(site)
        web, port = site.web("web")
        site.wait_ready(web, port)
        tell_step("the site runs, and its log is archived")
        base = Copy(site, "base", of=site.services.postgres, archive_mode="off")
        with Load(f"http://{HOST}:{port}", people, rate=RATE) as load:
            load.run_for(3)
            base.back_up()
            tell_step("a base backup was taken and verified")
            load.run_for(AFTER_BACKUP)
            at, moment = _mistake(site, load)
            tell_step("an operator emptied the visits")
            load.run_for(AFTER_MISTAKE)
        web.stop()
        _archive_the_rest(site)
        restored = _restored(site, base, archive, moment)
        before = [one for one in load.journal if one.at < at]
        with_log = _serve(site, restored, before, at)
        tell_step("a new server was restored to the moment before it, and serves")
        without = _serve(site, base, before, at)
        tell_step("and one from the base backup alone")
        return _judge(load, before, with_log, without)


def _archive(site: Site) -> str:
    """The directory into which the server copies its log; a copy has its name when it is whole."""
    primary = site.services.postgres
    path = give(primary, site.root / "archive")
    part = f"{path}/%f.part"
    configure(
        primary,
        archive_mode="on",
        archive_timeout=str(ARCHIVED_EVERY),
        archive_command=f"test ! -f {path}/%f && cp %p {part} && mv {part} {path}/%f",
    )
    site.services.stop_one("postgres")
    site.services.start_one("postgres")
    return str(path)


def _mistake(site: Site, load: Load) -> tuple[float, dt.datetime]:
    """Made once it gets the locks; the moment before it by the load's and the server's clocks."""
    for tries_left in reversed(range(TRIES)):
        at = load.clock()
        [(moment,)] = site.query("SELECT clock_timestamp()")
        try:
            site.query(MISTAKE)
        except psycopg.errors.DeadlockDetected:  # with a patient's booking, which goes first
            if not tries_left:
                raise
        else:
            return at, moment
    raise AssertionError


def _archive_the_rest(site: Site) -> None:
    """Wait until the log up to now lies in the archive."""
    primary = site.services.postgres
    # Something must be in the segment, or there is nothing to switch from.
    [(segment,)] = tell(primary, "SELECT pg_walfile_name(pg_create_restore_point('mistake'))")
    tell(primary, "SELECT pg_switch_wal()")
    asked = f"SELECT 1 FROM pg_stat_archiver WHERE last_archived_wal >= '{segment}'"
    wait_for(lambda: tell(primary, asked), seconds=30, what="the log is archived")


def _restored(site: Site, base: Copy, archive: str, moment: dt.datetime) -> Copy:
    """A server that will replay the archive up to the moment, from the same base backup."""
    copy = Copy(
        site, "restored", of=base.primary, archive_mode="off",
        restore_command=f"cp {archive}/%f %p",
        recovery_target_time=moment.isoformat(),
        recovery_target_action="promote",
    )  # fmt: skip
    shutil.copytree(base.data, copy.data, symlinks=True)
    (copy.data / "recovery.signal").touch()
    return copy


def _serve(site: Site, server: Copy, before: list[judging.Booked], mistake: float) -> Loss:
    """Start it, let the site serve from it, and see what it knows."""
    began = time.monotonic()
    server.start()
    wait_for(lambda: not server.in_recovery(), seconds=60, what="it takes writes")
    site.environment["DATABASE_URL"] = url(site, server)
    site.owner_url = url(site, server, role=OWNER)
    web, port = site.web(f"web-on-{server.name}")
    site.wait_ready(web, port)
    until_serving = time.monotonic() - began
    lost = judging.lost(before, site.visits())
    seconds = mistake - min((one.at for one in lost), default=mistake)
    holds = site.invariants_hold()
    web.stop()
    return Loss(len(lost), seconds, until_serving, holds)


def _judge(load: Load, before: list[judging.Booked], with_log: Loss, without: Loss) -> stage.Result:
    result = stage.Result()
    result.table(
        "restored from", "bookings before the mistake", "lost", "seconds lost",
        "seconds until it serves", "invariants",
        lines=[
            [name, len(before), one.bookings, f"{one.seconds:.1f}", f"{one.until_serving:.1f}",
             "hold" if one.holds else "BROKEN"]
            for name, one in (("backup and log", with_log), ("guard off: backup alone", without))
        ],
    )  # fmt: skip
    after = len(load.journal) - len(before)
    result.promise(
        f"{with_log.bookings} of {len(before)} bookings before the mistake were lost"
        f" (and {after} made after it)",
        bool(before) and not with_log.bookings,
    )
    result.promise(f"served again after {with_log.until_serving:.0f} s", True)
    result.promise("the invariants hold", with_log.holds and without.holds)
    result.promise(
        f"from the backup alone {without.bookings} bookings, {without.seconds:.0f} s, were lost",
        bool(without.bookings),
    )
    return result


if __name__ == "__main__":
    stage.main("restore", rehearse, seconds=WITHIN)
