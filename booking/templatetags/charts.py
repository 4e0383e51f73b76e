"""Charts as SVG that the server draws: no script, no style attribute, nothing from elsewhere."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from booking.figures.charts import Bar, Chart
from booking.figures.charts import interval_text as text_of_interval

register = template.Library()


@register.inclusion_tag("admin/booking/_chart.html")
def chart(chart: Chart) -> dict[str, Chart]:
    return {"chart": chart}


@register.simple_tag
def bar(bar: Bar) -> SafeString:
    """One lying bar as wide as its place, with a thin line from end to end of its interval."""
    if bar.value is None:
        return SafeString("")
    interval = SafeString("")
    if bar.low is not None and bar.high is not None:
        interval = format_html(
            '<line class="chart-interval" x1="{}%" x2="{}%" y1="8" y2="8"/>',
            _percent(bar.low),
            _percent(bar.high),
        )
    return format_html(
        '<svg class="chart-bar" width="100%" height="16" aria-hidden="true" focusable="false">'
        '<rect class="{}" width="{}%" height="16"/>{}</svg>',
        "chart-second" if bar.is_second else "chart-first",
        _percent(bar.value),
        interval,
    )


@register.simple_tag
def columns(bars: list[Bar]) -> SafeString:
    """Standing bars side by side, each with its text where the pointer rests."""
    width = 100 / max(len(bars), 1)
    drawn = format_html_join(
        "",
        '<rect class="chart-first" x="{}%" width="{}%" y="{}%" height="{}%">'
        "<title>{}: {}</title></rect>",
        (
            (
                f"{index * width + width * 0.1:.2f}",
                f"{width * 0.8:.2f}",
                f"{100 - 100 * (bar.value or 0):.1f}",
                f"{100 * (bar.value or 0):.1f}",
                bar.label,
                bar.text,
            )
            for index, bar in enumerate(bars)
        ),
    )
    return format_html(
        '<svg class="chart-columns" width="100%" height="160" aria-hidden="true"'
        ' focusable="false"><line class="chart-base" x1="0" x2="100%" y1="100%" y2="100%"/>'
        '<line class="chart-line" x1="0" x2="100%" y1="50%" y2="50%"/>{}</svg>',
        drawn,
    )


@register.filter
def interval_text(found: object) -> str:
    return text_of_interval(found)  # type: ignore[arg-type]


def _percent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.1f}"
