from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models.document import Document


class Page(models.Model):
    """A page of a document as a picture, made when it was checked."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField()  # from 1
    key = models.CharField(max_length=100, unique=True)
    version = models.CharField(max_length=128)
    width = models.PositiveSmallIntegerField()  # pixels
    height = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_picture_per_page"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} page {self.number}"
