"""The tables, as Markdown. Pure: the same configuration and measurements give the same text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deploy.aws.configuration import ENVIRONMENTS, Environment
from deploy.sizing import bill, delays, demand, measured, prices
from deploy.sizing.plan import Plan, plan

SHAPE = "production"
SIMILAR = {"production": (161, 421), "simple": (161, 421), "dev": (25, 30)}


def environments() -> list[str]:
    """What each costs with the least tasks and nobody there, beside its budget."""
    named = {name: make() for name, make in ENVIRONMENTS.items()}
    bills = {name: bill.at_rest(each) for name, each in named.items()}
    heads = ["dollars a month, at rest", *named]
    lines: list[Sequence[object]] = [
        [line.what, *(_usd(each[n].usd) for each in bills.values())]
        for n, line in enumerate(next(iter(bills.values())))
    ]
    lines.append(["**together**", *(f"**{_usd(bill.total(each))}**" for each in bills.values())])
    lines.append(["its budget (alerts)", *(_budget(each) for each in named.values())])
    return rows(heads, lines)


def needs() -> list[str]:
    heads = [
        *("", "traffic", "visits a day", "requests a second, busiest hour"),
        *("cells", "web tasks", "worker tasks", "database", "its processors at work"),
        *("in ACUs (dollars)", "disk, GiB", "cache"),
    ]
    return rows(heads, [_need(each) for each in _plans()])


def costs() -> list[str]:
    """A month of each size, in production's shape."""
    plans = _plans()
    bills = [bill.of_plan(each, _shape()) for each in plans]
    heads = ["dollars a month", *(f"{each.size.name}, {each.size.factor}×" for each in plans)]
    lines: list[Sequence[object]] = [
        [line.what, *(_usd(each[n].usd) for each in bills)] for n, line in enumerate(bills[0])
    ]
    lines.append(["**together**", *(f"**{_usd(bill.total(each))}**" for each in bills)])
    shares = [bill.total(b) / p.size.clinics for b, p in zip(bills, plans, strict=True)]
    lines.append(["for each clinic", *(_usd(each) for each in shares)])
    return rows(heads, lines)


def waits() -> list[str]:
    heads = [
        *("", "what comes", "requests a second", "tasks, from to", "requests"),
        *("waited over 1 s", "failed", "longest wait, s", "fewest at first for none to wait"),
        *("dollars for these, always", "for 75 minutes of working days"),
    ]
    shape = _shape()
    felt = delays.all_felt(shape.web, requests_a_minute=shape.requests_a_minute)
    return rows(heads, [_wait(each) for each in felt])


def assumptions() -> list[str]:
    lines = [[name, f"{each.value:,}", each.why] for name, each in demand.ASSUMED.items()]
    return rows(["assumed", "", "why"], lines)


def measurements() -> list[str]:
    lines: list[Sequence[object]] = [
        [page, f"{cost.site_ms:.1f}", f"{cost.database_ms:.1f}", f"{cost.cache_ms:.1f}"]
        for page, cost in measured.PAGES.items()
    ]
    run = measured.COSTS
    heads = ["milliseconds of processors for one", "site", "database", "cache"]
    return [
        *rows(heads, lines),
        "",
        f"`{run.command}`, {run.date}, {run.machine}. Memory (PSS) of a web task's processes:"
        f" {measured.WEB_MIB:.0f} MiB; of a worker's, for each queue: {measured.WORKER_MIB:.0f}; of"
        f" the clock's: {measured.BEAT_MIB:.0f}. A web task's start costs"
        f" {measured.START_PROCESSOR_MS:,.0f} ms of a processor; a reminder at most"
        f" {measured.REMINDER_MS} (`{measured.REMINDERS.command}`, {measured.REMINDERS.machine}).",
    ]


def price_list() -> list[str]:
    lines = [
        [name, f"{each.usd:g}", each.unit, each.source, each.read, "" if each.checked else "no"]
        for name, each in prices.PRICES.items()
    ]
    return rows(["price, us-east-1", "dollars", "for", "page", "of", "checked"], lines)


def similar() -> list[str]:
    """Beside the figures of a similar design."""
    lines: list[Sequence[object]] = []
    for name, (low, high) in SIMILAR.items():
        ours = bill.total(bill.at_rest(ENVIRONMENTS[name]()))
        parts = sorted(bill.at_rest(ENVIRONMENTS[name]()), key=lambda line: -line.usd)[:3]
        most = ", ".join(f"{line.what} {_usd(line.usd)}" for line in parts)
        lines.append([name, f"{low} to {high}", _usd(ours), f"{ours / high:.1f}", most])
    heads = ["", "similar design", "ours, at rest", "times its upper figure", "most of ours"]
    return rows(heads, lines)


SECTIONS: dict[str, Callable[[], list[str]]] = {
    "environments": environments,
    "similar": similar,
    "needs": needs,
    "costs": costs,
    "waits": waits,
    "measured": measurements,
    "assumed": assumptions,
    "prices": price_list,
}


def rows(heads: Sequence[str], lines: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    cells: list[Sequence[object]] = [heads, ["---"] * len(heads), *lines]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in cells]


def _shape() -> Environment:
    return ENVIRONMENTS[SHAPE]()


def _plans() -> list[Plan]:
    return [plan(size, _shape()) for size in demand.sizes()]


def _need(found: Plan) -> list[object]:
    size, acus = found.size, found.database.acus
    dollars = acus * prices.HOURS * prices.usd("Aurora Serverless v2, an ACU")
    return [
        *(size.name, f"{size.factor}×", f"{size.visits_a_day:,.0f}", f"{size.rate:,.1f}"),
        *(found.cells, found.web_tasks, found.worker_tasks, found.database.name),
        *(f"{found.database_vcpus:.2f}", f"{acus:g} ({_usd(dollars)})"),
        *(f"{found.storage_gib:,}", found.cache.name),
    ]


def _wait(found: delays.Felt) -> list[object]:
    outcome, wave = found.outcome, found.wave
    always = max(0, found.fewest - found.least) * bill.task_usd(_shape().web)
    share = 1.25 * demand.assumed("working days a month") / prices.HOURS
    return [
        *(found.size.name, wave.name, f"{wave.rate(0):.2f} to {wave.peak:.2f}"),
        *(f"{found.least} to {found.most} (had {outcome.most_tasks})", f"{outcome.arrived:,}"),
        *(f"{outcome.long:,}", f"{outcome.failed:,}", f"{outcome.longest:.1f}", found.fewest),
        *(_usd(always), _usd(always * share)),
    ]


def _usd(dollars: float) -> str:
    return f"{dollars:,.0f}"


def _budget(environment: Environment) -> str:
    budget, cost = environment.alerts.monthly_budget_usd, bill.total(bill.at_rest(environment))
    return f"{budget} ({'over' if cost > budget else 'left'} {_usd(abs(budget - cost))})"
