"""What people do in a day, each assumption with its reason: one place to change them."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.sizing.measured import REQUESTS, Cost


@dataclass(frozen=True)
class Assumption:
    value: float
    why: str


# Of the 110,527 rows of the public data set "medical appointment no-shows" (Vitoria, Brazil, 2016)
# only these figures are here, by counting its columns ScheduledDay and SMS_received.
ASSUMED: dict[str, Assumption] = {
    "doctors of a clinic": Assumption(8, "a middling practice"),
    "desks of a clinic": Assumption(2, "one screen for four doctors, open all day"),
    "visits of a doctor a day": Assumption(
        20, "four visits an hour for five hours; our own test clinic has 21"
    ),
    "working days a month": Assumption(21, "250 a year"),
    "open hours a day": Assumption(10, "8:00 to 18:00"),
    "share of a day's bookings in its busiest hour": Assumption(
        0.18, "real calls: the middle one of 28 full days; 0.26 on the worst"
    ),
    "bookings for a visit": Assumption(1.2, "one in six is moved or cancelled and booked again"),
    "people who look for one who books": Assumption(3, "most come to see whether there is a time"),
    "weeks looked at by each": Assumption(3, "this week, the next, another doctor's"),
    "pages of a booking beside times": Assumption(4, "sign-in, confirming, booked, my visits"),
    "pages of a doctor for a visit": Assumption(3, "the day before, during and after it"),
    "pages of a desk for a visit": Assumption(4, "arrival, the day twice, a patient or a search"),
    "looks of an open desk an hour": Assumption(180, "every 20 seconds (static/js/desk.js)"),
    "busiest hour of staff beside the mean": Assumption(1.5, "the morning's arrivals"),
    "mails for a visit": Assumption(4, "booked, two reminders, a change or an answer"),
    "share of visits reminded by text": Assumption(0.32, "real data: SMS_received"),
    "parts of a text": Assumption(2, "a sentence with a link"),
    "share of looks at changed times": Assumption(
        0.5, "a booking changes its doctor's week; whoever looks next has it drawn anew"
    ),
    "log bytes of a request": Assumption(1000, "a line of ours, one of CloudFront's, the flow log"),
    "years of visits stored": Assumption(3, "the month that is priced ends the third year"),
    "bytes of a visit": Assumption(
        10_000, "measured without messages and audit: 2,960; these with their indexes"
    ),
    "bytes of a session": Assumption(2_000, "a signed-in person's, and a visitor's kept time"),
    "share of visits with a document": Assumption(0.10, "a letter or a photo"),
    "bytes of a document": Assumption(1_500_000, "a photo or a scan of two pages"),
}


def assumed(name: str) -> float:
    return ASSUMED[name].value


@dataclass(frozen=True)
class Size:
    """A number of clinics, and how many times the usual traffic comes. Rates are per second."""

    name: str
    clinics: int
    factor: int = 1

    @property
    def visits_a_day(self) -> float:
        doctors = self.clinics * assumed("doctors of a clinic")
        return doctors * assumed("visits of a doctor a day") * self.factor

    @property
    def requests_a_day(self) -> dict[str, float]:
        """By the kind of request, as in `measured.REQUESTS`."""
        visits = self.visits_a_day
        bookings = visits * assumed("bookings for a visit")
        lookers = bookings * assumed("people who look for one who books")
        weeks = lookers * assumed("weeks looked at by each")
        changed = assumed("share of looks at changed times")
        desks = self.clinics * assumed("desks of a clinic") * assumed("open hours a day")
        return {
            "first page": lookers,
            "free times": weeks * (1 - changed),
            "free times, changed": weeks * changed,
            "other page of a patient": bookings * assumed("pages of a booking beside times"),
            "booking": 2 * bookings,  # it is held, then confirmed
            "page of a doctor": visits * assumed("pages of a doctor for a visit"),
            "page of a desk": visits * assumed("pages of a desk for a visit"),
            # More visits make more pages, not more desks that look whether anything has changed.
            "desk looks": desks * assumed("looks of an open desk an hour"),
        }

    @property
    def busiest(self) -> dict[str, float]:
        """Requests a second in the busiest hour: everybody's busiest hour is taken to be one."""
        share = assumed("share of a day's bookings in its busiest hour")
        hours = assumed("open hours a day")
        staff = assumed("busiest hour of staff beside the mean") / hours
        return {
            kind: many * (share if kind in PATIENTS else staff) / 3600
            for kind, many in self.requests_a_day.items()
        }

    @property
    def cost(self) -> Cost:
        """Of one request of the busiest hour, on the average: milliseconds of processors."""
        rates = self.busiest
        total = sum(rates.values())
        parts = [(REQUESTS[kind], rate / total) for kind, rate in rates.items()]
        return Cost(
            site_ms=sum(cost.site_ms * share for cost, share in parts),
            database_ms=sum(cost.database_ms * share for cost, share in parts),
            cache_ms=sum(cost.cache_ms * share for cost, share in parts),
            packed_bytes=round(sum(cost.packed_bytes * share for cost, share in parts)),
        )

    @property
    def rate(self) -> float:
        return sum(self.busiest.values())

    @property
    def requests_a_month(self) -> float:
        return sum(self.requests_a_day.values()) * assumed("working days a month")

    @property
    def visits_a_month(self) -> float:
        return self.visits_a_day * assumed("working days a month")


PATIENTS = {
    *("first page", "free times", "free times, changed"),
    *("other page of a patient", "booking"),
}

# England's general practices: 383.3 million appointments in the twelve months to June 2025 (NHS
# England, https://www.england.nhs.uk/ourwork/gpfv/gpdp). So many of our clinics make as many.
NATION_A_YEAR = 383_300_000
NATION = round(
    NATION_A_YEAR / (250 * assumed("doctors of a clinic") * assumed("visits of a doctor a day"))
)
CLINIC, HUNDRED, COUNTRY = (
    Size("one clinic", 1),
    Size("100 clinics", 100),
    Size(f"a country ({NATION:,} clinics)", NATION),
)


def sizes() -> list[Size]:
    return [
        Size(size.name, size.clinics, factor)
        for size in (CLINIC, HUNDRED, COUNTRY)
        for factor in (1, 10)
    ]
