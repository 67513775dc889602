"""A share as a bar, for a cell of a table whose number stands beside it."""

from markupsafe import Markup


def bar(value: float | None, most: float | None) -> Markup:
    """As long as its share of the largest; nothing for what is not told. It says nothing that the
    number beside it doesn't, so it has no name."""
    if value is None or not most or value <= 0:
        return Markup()
    width = max(min(value / most, 1), 0.01)
    return Markup(
        '<svg class="chart-bar" height="8" aria-hidden="true"><rect class="chart-bar-all"'
        ' width="100%" height="8" rx="4"/><rect class="chart-bar-part" width="{}" height="8" rx="4"/>'
        "</svg>"
    ).format(f"{width:.1%}")
