"""The doctor's own pages."""

from __future__ import annotations

import datetime as dt

from django.urls import path, register_converter

from booking.lookups import is_sensible
from booking.views.doctor import acts, day, emergency, feed, records, time_off, week


class IsoDay:
    """A date in an address: 2026-12-01."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> dt.date:
        date = dt.date.fromisoformat(value)
        if not is_sensible(date):
            raise ValueError
        return date

    def to_url(self, value: dt.date | str) -> str:
        return str(value)


register_converter(IsoDay, "iso_day")

urlpatterns = [
    path("day/", day.today, name="today"),
    path("day/<iso_day:day>/", day.day, name="day"),
    path("day/requests/", day.requests, name="requests"),
    path("day/delay/", acts.delay, name="delay"),
    path("day/visits/<uuid:pk>/decline/", acts.decline, name="visit_decline"),
    path("day/visits/<uuid:pk>/cancel/", acts.cancel, name="visit_cancel"),
    path("day/visits/<uuid:pk>/note/", acts.note, name="visit_note"),
    path("day/visits/<uuid:pk>/<slug:verb>/", acts.act, name="visit_act"),
    path("day/time-off/", time_off.own_time_off, name="own_time_off"),
    path("day/time-off/<int:pk>/remove/", time_off.remove, name="own_time_off_remove"),
    path("day/shared/", records.shared_with_me, name="shared_with_me"),
    path("day/patients/<uuid:pk>/documents/", records.patient_documents, name="patient_documents"),
    path("day/patients/<uuid:pk>/emergency/", emergency.open_known, name="emergency_open"),
    path("day/emergency/", emergency.emergency, name="emergency"),
    path("day/emergency/<uuid:pk>/end/", emergency.end, name="emergency_end"),
    path("day/feed/", feed.feed, name="feed"),
    path("day/agenda/", feed.agenda, name="agenda_by_mail"),
    path("day/feed/revoke/", feed.revoke, name="feed_revoke"),
    path("feeds/<str:secret>.ics", feed.calendar_feed, name="calendar_feed"),
    path("week/", week.week, name="week"),
    path("week/<iso_day:day>/", week.week, name="week_of"),
]
