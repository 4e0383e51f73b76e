"""What the doctor's pages and the header show."""

from __future__ import annotations

from django import template
from django.utils import timezone

from accounts.models import Doctor
from booking import schedule

register = template.Library()


@register.simple_tag
def open_requests(doctor: Doctor) -> int:
    """How many requests await the doctor's answer: for the number beside the link."""
    return schedule.requests(doctor=doctor, now=timezone.now()).count()
