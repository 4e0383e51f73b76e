"""Patients' documents, under /documents/. What is one's own and what one may read is one place."""

from django.urls import path

from documents.views import changing, listing, looked, one, uploading

urlpatterns = [
    path("", listing.documents, name="documents"),
    path("upload/", uploading.upload, name="document_upload"),
    path("upload/begin/", uploading.begin, name="document_begin"),
    path("who-looked/", looked.who_looked, name="who_looked"),
    path("<uuid:document_id>/", one.document, name="document"),
    path("<uuid:document_id>/arrived/", uploading.arrived, name="document_arrived"),
    path("<uuid:document_id>/state/", one.state, name="document_state"),
    path("<uuid:document_id>/pages/<int:number>/", one.page, name="document_page"),
    path("<uuid:document_id>/file/", one.file, name="document_file"),
    path("<uuid:document_id>/describe/", changing.describe, name="document_describe"),
    path("<uuid:document_id>/share/", changing.share, name="document_share"),
    path(
        "<uuid:document_id>/share/<uuid:doctor_id>/end/",
        changing.withdraw,
        name="document_withdraw",
    ),
    path("<uuid:document_id>/delete/", changing.delete, name="document_delete"),
    path("<uuid:document_id>/restore/", changing.restore, name="document_restore"),
]
