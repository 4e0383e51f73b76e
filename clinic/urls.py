"""Every address of the site. `tests/access/matrix.py` has a row for each."""

from django.contrib import admin
from django.urls import include, path

from accounts.portal import autocomplete, change_password, pages
from accounts.signin import admin_sign_in
from accounts.views.photos import doctor_photo
from clinic import views
from notifications.events.views import aws
from notifications.metrics_page import metrics_page

# One way in: the admin's sign-in is the site's, with its codes, limits and second factors.
admin.autodiscover()
admin.site.login = admin_sign_in  # type: ignore[method-assign]

admin.site.password_change = change_password  # type: ignore[method-assign,assignment]
# What is found while somebody types is written to the audit trail, as lists are.
admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign,assignment]
admin.site.extra_urls = pages  # type: ignore[attr-defined]

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("", include("booking.urls")),
    path("", include("booking.api.urls")),
    path("api/v1/auth/", include("accounts.api.urls")),
    path("doctors/<uuid:doctor_id>/photo", doctor_photo, name="doctor_photo"),
    path("documents/", include("documents.urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("", include("notifications.stopping.urls")),
    path("hooks/aws/", aws, name="provider_events"),
    path("metrics", metrics_page, name="metrics"),
    path("mailbox/", include("notifications.urls")),
    path("admin/", admin.site.urls),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
