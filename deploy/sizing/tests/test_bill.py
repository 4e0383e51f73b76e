"""What stands there is paid, and paid once."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.aws.configuration import ENVIRONMENTS, production, simple
from deploy.sizing import bill
from deploy.sizing.bill import at_rest, of_plan, task_usd, total
from deploy.sizing.demand import CLINIC, HUNDRED, assumed, sizes
from deploy.sizing.measured import BEAT_MIB, WEB_MIB, WORKER_MIB
from deploy.sizing.plan import plan
from deploy.sizing.prices import HOURS, PRICES, usd

QUEUES = 3  # a worker process for each
CHECKING_MIB = 227  # the dearest file of `make bench-checking`, in a process of its own
COLLECTOR_MIB = 128  # of traces, beside every task's program
STACKS = Path(__file__).resolve().parents[2] / "aws/stacks"


def dollars(environment, what: str) -> float:
    return next(line.usd for line in at_rest(environment) if line.what == what)


def test_a_task_costs_its_processor_and_its_memory():
    web = production().web  # one vCPU, 2 GB

    assert task_usd(web) == pytest.approx(730 * (0.03238 + 2 * 0.00356))


def test_a_standby_and_a_replica_are_machines_with_disks():
    environment = production()
    alone = replace(environment, database=replace(environment.database, multi_az=False, replicas=0))
    one = HOURS * usd("RDS db.m7g.large") + 100 * usd("RDS gp3, a GB")

    more = dollars(environment, "database") - dollars(alone, "database")

    assert more == pytest.approx(2 * one)


def test_where_one_task_runs_everything_it_is_paid_once_with_its_address():
    environment = simple()

    assert dollars(environment, "tasks") == pytest.approx(task_usd(environment.web))
    address = HOURS * usd("Public IPv4 address")
    assert dollars(environment, "ways to AWS's services") == pytest.approx(address)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_a_tasks_processes_keep_fits_into_its_memory(name):
    environment = ENVIRONMENTS[name]()
    web = WEB_MIB + COLLECTOR_MIB
    worker = QUEUES * WORKER_MIB + CHECKING_MIB + COLLECTOR_MIB
    if environment.one_task:
        web += worker - COLLECTOR_MIB + BEAT_MIB

    assert web < 0.8 * environment.web.memory_mib
    assert worker < 0.8 * environment.worker.memory_mib
    assert 0.8 * bill.BEAT.memory_mib > BEAT_MIB + COLLECTOR_MIB


def test_what_an_environment_does_not_have_costs_nothing():
    environment = production()
    database = replace(environment.database, proxy=False)
    bare = replace(environment, database=database, endpoint_zones=0, nat_gateways=0)

    assert dollars(environment, "database proxy") > 0 == dollars(bare, "database proxy")
    assert dollars(environment, "ways to AWS's services") > 0
    assert dollars(bare, "ways to AWS's services") == 0


def test_whatever_is_configured_has_a_price():
    for make in ENVIRONMENTS.values():
        assert total(at_rest(make())) > 0
    for size in sizes():
        assert total(of_plan(plan(size, production()), production())) > 0


def test_a_price_says_where_it_is_to_be_looked_up_and_whether_it_was():
    for name, price in PRICES.items():
        assert price.source.startswith("https://"), name
        assert price.usd > 0, name
        assert not price.checked or "aws.amazon.com" in price.source, name


@pytest.mark.parametrize("name", ["production", "staging", "simple", "dev"])
def test_a_budget_is_more_than_what_stands_there_with_its_texts_and_not_half_as_much_again(name):
    environment = ENVIRONMENTS[name]()
    alerts = environment.alerts

    usual = total(at_rest(environment)) + alerts.monthly_sms_usd

    assert usual < alerts.monthly_budget_usd < 1.5 * usual


def test_as_many_endpoints_and_rules_are_paid_as_there_are():
    assert len(_dictionary("network/doors.py", "SERVICES")) == bill.ENDPOINTS
    # The limit of requests and the rule for bodies stand beside the groups.
    assert len(_dictionary("edge/firewall.py", "GROUPS")) + 2 == bill.RULES


def test_each_metric_is_paid_for_each_value_of_its_dimensions():
    # `Requests`: in all, and for six groups of pages with four classes of answers each.
    assert 1 + 6 * 4 < bill.metrics_of_ours() < 150


def test_ten_times_the_people_pay_ten_times_the_messages():
    once, ten = (
        {line.what: line.usd for line in of_plan(plan(size, production()), production())}
        for size in (HUNDRED, replace(HUNDRED, factor=10))
    )

    assert ten["text messages"] == pytest.approx(10 * once["text messages"])
    assert ten["more tasks in open hours"] > once["more tasks in open hours"]


def test_more_clinics_need_more_of_everything_and_a_clinic_the_least():
    one, hundred = (plan(size, production()) for size in (CLINIC, HUNDRED))

    assert (one.web_tasks, one.worker_tasks, one.cells) == (2, 2, 1)
    assert hundred.web_tasks > one.web_tasks
    assert hundred.database.gib > one.database.gib
    assert hundred.storage_gib > one.storage_gib


def test_no_cell_is_fuller_than_planned():
    for size in sizes():
        found = plan(size, production())
        assert found.web_vcpus <= 0.70 * found.web_tasks
        assert found.database_vcpus <= 0.50 * found.database.steady
        hot = size.visits_a_month * assumed("bytes of a visit") / 2**30 / found.cells
        assert hot <= found.database.gib / 2


def _dictionary(path: str, name: str) -> list[ast.expr | None]:
    """The keys of a module's constant, without importing the CDK."""
    tree = ast.parse((STACKS / path).read_text())
    found = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name
    )
    assert isinstance(found, ast.Dict)
    return found.keys
