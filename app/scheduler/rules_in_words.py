"""A rule of repetition as a sentence."""

from app.scheduler.calendar import LONG_WEEKDAYS
from app.scheduler.rules import DAY, LAST, MONTH, SLOT, WEEK, Rule

NOUNS = {DAY: "day", WEEK: "week", MONTH: "month", SLOT: "day"}


def in_words(rule: Rule) -> str:
    """'Every 2 weeks on Monday and Friday at 09:00 (Europe/Berlin), 10 times'"""
    often = f"Every {NOUNS[rule.unit]}"
    if rule.every > 1:
        often = f"Every {rule.every} {NOUNS[rule.unit]}s"
    return f"{often}{_on(rule)}{_at(rule)}{_end(rule)}"


def _on(rule: Rule) -> str:
    if rule.unit == WEEK:
        names = [LONG_WEEKDAYS[day] for day in sorted(rule.weekdays)]
        return " on " + " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    if rule.unit == MONTH:
        return " on the last day" if rule.month_day == LAST else f" on day {rule.month_day}"
    return ""


def _at(rule: Rule) -> str:
    if rule.unit == SLOT:
        return " in the next free slot"
    return f" at {rule.wall:%H:%M} ({rule.zone.key})"


def _end(rule: Rule) -> str:
    until = f", until {rule.ends_on.day} {rule.ends_on:%B %Y}" if rule.ends_on else ""
    times = f", {rule.count} {'time' if rule.count == 1 else 'times'}" if rule.count else ""
    return times + until
