"""The staff portal. One line a model; the routes that Django makes of it follow from that line."""

from __future__ import annotations

from typing import Any

from tests.access.matrix import LOGIN, Expected, Row, everyone, portal

STAFF, OPERATOR, NOBODY = ("staff",), ("operator",), ()
BOTH = (*STAFF, *OPERATOR)

# model: who may view, add, change, delete
MODELS = {
    "accounts/auditevent": (BOTH, NOBODY, NOBODY, NOBODY),
    "accounts/clinic": (BOTH, NOBODY, BOTH, NOBODY),
    "accounts/care": (STAFF, STAFF, STAFF, NOBODY),
    "accounts/doctor": (STAFF, STAFF, STAFF, NOBODY),
    "accounts/patient": (STAFF, STAFF, STAFF, NOBODY),
    "accounts/apitoken": (OPERATOR, NOBODY, OPERATOR, NOBODY),
    "accounts/emergencyaccess": (OPERATOR, NOBODY, NOBODY, NOBODY),
    "accounts/user": (OPERATOR, OPERATOR, OPERATOR, NOBODY),
    "documents/document": (STAFF, NOBODY, NOBODY, NOBODY),
    "auth/group": (OPERATOR, NOBODY, NOBODY, NOBODY),
    "notifications/message": (BOTH, NOBODY, BOTH, NOBODY),
    "notifications/suppression": (STAFF, NOBODY, STAFF, NOBODY),
    "booking/appointment": (STAFF, NOBODY, STAFF, NOBODY),
    "booking/waitlistentry": (STAFF, STAFF, STAFF, NOBODY),
    "booking/freedtime": (STAFF, NOBODY, NOBODY, NOBODY),
    "booking/offer": (STAFF, NOBODY, NOBODY, NOBODY),
    "booking/visittype": (STAFF, STAFF, STAFF, STAFF),
    "booking/resource": (STAFF, STAFF, STAFF, STAFF),
    "booking/workinghours": (STAFF, NOBODY, NOBODY, NOBODY),
    "booking/timeoff": (STAFF, STAFF, STAFF, STAFF),
}

# Nothing on these forms must be filled in, so that an empty one is saved.
SAVED_EMPTY = (
    "accounts/apitoken",
    "accounts/care",
    "accounts/user",
    "notifications/message",
    "notifications/suppression",
    "booking/appointment",
    "booking/timeoff",
)
ANYWHERE = portal(*BOTH)
# To whoever may not open the portal every page of it is the sign-in page: two stand for five.
ASKED = ("anonymous", "patient", "treating_doctor", "staff", "operator")


def model_rows(
    model: str,
    view: tuple[str, ...],
    add: tuple[str, ...],
    change: tuple[str, ...],
    delete: tuple[str, ...],
) -> list[Row]:
    """Asked of a record that exists. A form that is sent empty is shown again (200)."""
    base = f"admin/{model}/"
    one = f"{base}<path:object_id>/"

    saved = 302 if model in SAVED_EMPTY else 200

    def row(route: str, get: Expected, post: Expected | None = None) -> Row:
        return Row(route, GET=get, POST=post, at=at, persons=ASKED)

    def at(things: Any) -> dict[str, Any]:
        return {"object_id": things.rows[model].pk}

    return [
        row(base, portal(*view), portal(*view)),
        row(f"{base}add/", portal(*add), portal(*add)),
        row(f"{one}change/", portal(*view), portal(*change, outcome=saved)),
        # A confirmation is asked for first; nothing is sent that would confirm.
        row(f"{one}delete/", portal(*delete), portal(*delete)),
        row(f"{one}history/", portal(*view), portal(*view)),
        row(one, portal(*BOTH, outcome=302), portal(*BOTH, outcome=302)),
    ]


def hold(route: str) -> Row:
    """For those of the staff alone who may read documents too, whom the matrix does not have."""
    return Row(
        f"admin/documents/<uuid:document_id>/{route}/",
        GET=portal(),
        POST=portal(),
        at=lambda t: {"document_id": t.rows["documents/document"].pk},
        persons=ASKED,
    )


def act(route: str) -> Row:
    """A page that asks, and acts when what it asks is sent."""
    return Row(
        f"admin/booking/appointment/<path:object_id>/{route}/",
        GET=portal(*STAFF),
        POST=portal(*STAFF),
        at=lambda t: {"object_id": t.appointment.pk},
        persons=ASKED,
    )


ROWS = [
    Row("admin/", GET=ANYWHERE, POST=ANYWHERE),
    Row("admin/search/", GET=ANYWHERE, POST=ANYWHERE),
    # One way in: the site's own.
    Row(
        "admin/login/",
        GET=everyone(403, anonymous=LOGIN, staff=302, operator=302),
        POST=everyone(403, anonymous=LOGIN, staff=302, operator=302),
    ),
    Row("admin/logout/", GET=everyone(302, staff=405, operator=405), POST=everyone(302)),
    Row(
        "admin/password_change/",  # to the page where everybody does
        GET=portal(*BOTH, outcome=302),
        POST=portal(*BOTH, outcome=302),
        PUT=portal(*BOTH, outcome=302),
        PATCH=portal(*BOTH, outcome=302),
        DELETE=portal(*BOTH, outcome=302),
    ),
    Row("admin/password_change/done/", GET=ANYWHERE),
    Row("admin/autocomplete/", GET=portal(), POST=portal(*BOTH, outcome=405)),
    Row("admin/jsi18n/", GET=ANYWHERE),
    Row(
        "admin/r/<path:content_type_id>/<path:object_id>/",
        GET=portal(*BOTH, outcome=404),
        at=lambda t: {"content_type_id": 0, "object_id": 0},
    ),
    Row(
        "admin/accounts/emergencyaccess/<path:object_id>/looked-into/",
        GET=portal(*OPERATOR),
        POST=portal(*OPERATOR, outcome=302),
        at=lambda t: {"object_id": t.rows["accounts/emergencyaccess"].pk},
        persons=ASKED,
    ),
    Row("admin/accounts/auditevent/export/", GET=ANYWHERE, persons=ASKED),
    Row(
        "admin/documents/scan/",  # of nobody: back to the patients
        GET=portal(*STAFF, outcome=302),
        POST=portal(*STAFF, outcome=302),
        persons=ASKED,
    ),
    hold("hold"),
    hold("lift"),
    Row("admin/dead-letters/", GET=portal(*OPERATOR), persons=ASKED),
    Row(
        "admin/notifications/message/<path:object_id>/resend/",
        GET=portal(*STAFF),
        POST=portal(*STAFF, outcome=302),
        at=lambda t: {"object_id": t.rows["notifications/message"].pk},
        persons=ASKED,
    ),
    act("answer"),
    act("cancel"),
    *(row for model, may in MODELS.items() for row in model_rows(model, *may)),
]
