"""The demonstration's mailbox."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
