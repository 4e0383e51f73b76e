"""Form fields as the site shows them: label, hint, error, control."""

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """The control with our class; a placeholder would only repeat the label, and paler."""
    kind = getattr(field.field.widget, "input_type", "")
    names = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}
    attrs: dict[str, str | bool] = {"class": names.get(kind, "form-control"), "placeholder": False}
    return field.as_widget(attrs=attrs)
