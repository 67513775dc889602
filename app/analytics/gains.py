"""What came in when: totals that were told one after the other, as gains by the hour.

What a post had when a metric was first told came in between its publication and that look; it counts
for the hour of its publication. Every later gain counts for the hour of the look that told it, and is
below 0 where a network took something back."""

from datetime import datetime

from app.analytics.models import hour_of
from app.networks.figures import METRICS, Figures

Gains = dict[int, dict[str, int]]  # by hour, by metric


def step(
    gains: Gains, published_at: datetime, before: Figures, at: datetime, told: Figures
) -> Figures:
    """Add what one look brought to the gains; the totals after it."""
    for metric, was, new in zip(METRICS, before.values, told.values, strict=True):
        if new is not None:
            of_hour = gains.setdefault(hour_of(published_at if was is None else at), {})
            of_hour[metric] = of_hour.get(metric, 0) + new - (was or 0)
    return told.after(before)
