"""The demonstration's mailbox, under /mailbox/."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("", views.index, name="mailbox"),
    path("<str:name>/", views.mail, name="mailbox_mail"),
    path("<str:name>/html", views.html, name="mailbox_html"),
    path("<str:name>/attachments/<int:number>", views.attachment, name="mailbox_attachment"),
]
