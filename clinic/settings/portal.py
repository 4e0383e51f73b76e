"""How the staff portal looks."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Clinic staff portal"),
    "SITE_HEADER": _("Staff portal"),
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "THEME": "light",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("img/favicon.svg")}
    ],
    "STYLES": [
        lambda _request: static("css/portal.css"),
        lambda _request: static("css/idle.css"),
    ],
    "SCRIPTS": [lambda _request: static("js/idle.js")],
    "DASHBOARD_CALLBACK": "booking.desk.portal.dashboard",
    "SIDEBAR": {"navigation": "booking.desk.portal.navigation"},
    "COLORS": {
        "primary": {
            "50": "232 243 242",
            "100": "209 231 229",
            "200": "163 207 204",
            "300": "117 183 178",
            "400": "62 147 143",
            "500": "11 110 110",
            "600": "11 110 110",
            "700": "9 90 90",
            "800": "7 70 70",
            "900": "5 54 54",
            "950": "3 36 36",
        }
    },
}
