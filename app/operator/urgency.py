"""How near a deadline is: a word and a colour, never the colour alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SOON = timedelta(days=5)


@dataclass(frozen=True)
class Urgency:
    """`look` is the class of the badge, `symbol` its icon; `left` says how much time there is."""

    word: str
    look: str
    symbol: str
    left: str


def judge(target_at: datetime, due_at: datetime, now: datetime) -> Urgency:
    left = span(due_at - now)
    if now >= due_at:
        return Urgency("Overdue", "failed", "triangle-alert", f"{span(now - due_at)} over")
    if due_at - now <= SOON:
        return Urgency("Due soon", "held", "alarm-clock", f"{left} left")
    if now >= target_at:
        return Urgency("Past our aim", "held", "clock", f"{left} left")
    return Urgency("On time", "published", "circle-check", f"{left} left")


def judge_clock(deadline: datetime, now: datetime) -> Urgency:
    """The 72 hours of an incident."""
    if now >= deadline:
        return Urgency("Past 72 hours", "failed", "triangle-alert", f"{span(now - deadline)} over")
    return Urgency("Within 72 hours", "held", "alarm-clock", f"{span(deadline - now)} left")


def span(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    if hours >= 72:
        return f"{hours // 24} days"
    return f"{hours} h {int(time.total_seconds() // 60) % 60} min"
