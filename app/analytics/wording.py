"""Figures as people read them, and the words of each."""

from dataclasses import dataclass

METRICS = {
    "impressions": "Impressions",
    "reach": "Reach",
    "likes": "Likes",
    "replies": "Replies",
    "reposts": "Reposts",
    "clicks": "Link clicks",
    "saves": "Saves",
    "follows": "Follows",
    "video_views": "Video views",
}
MEANING = {
    "impressions": "how often it was shown",
    "reach": "how many accounts it was shown to",
    "likes": "likes and reactions of any kind",
    "replies": "answers and comments of others",
    "reposts": "shares and quotes",
    "clicks": "clicks on its links",
    "saves": "bookmarks",
    "follows": "accounts that followed because of it",
    "video_views": "how often its video was played",
}
UNTOLD = "not told"
MARKS = ((1_000_000_000, "bn"), (1_000_000, "M"), (1_000, "k"))


def count(value: float | None) -> str:
    """In full: `12,345`; `not told` for None."""
    return UNTOLD if value is None else f"{value:,.0f}"


def short(value: float | None) -> str:
    """In little room: `950`, `12.3k`, `4M`."""
    if value is None:
        return UNTOLD
    size, mark = next((one for one in MARKS if abs(value) >= one[0]), (1, ""))
    return f"{value / size:.1f}".removesuffix(".0") + mark if mark else decimal(value)


def decimal(value: float | None) -> str:
    """A mean: `4.2`, whole from 100 on."""
    if value is None:
        return UNTOLD
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")


def percent(value: float | None) -> str:
    """A share of 1: `3.4%`; two places where it is small."""
    if value is None:
        return UNTOLD
    return f"{value:.2%}" if 0 < abs(value) < 0.01 else f"{value:.1%}"


def listed(names: list[str]) -> str:
    """`Bluesky, Mastodon and X`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


@dataclass(frozen=True)
class Change:
    """Against the period before. `kind`: up, down, same, or none where there is nothing to compare
    with; `by` is how much, `was` what it is compared with."""

    kind: str
    by: str = ""
    was: str = ""


def change(now: float | None, before: float | None) -> Change:
    """Of something that is counted, in per cent."""
    if now is None or before is None:
        return Change("none")
    if now == before:
        return Change("same", was=count(before))
    kind = "up" if now > before else "down"
    share = abs(now - before) / abs(before) if before else None
    by = "" if share is None else "under 1%" if share < 0.01 else f"{share:.0%}"
    return Change(kind, by, count(before))


def change_of_rate(now: float | None, before: float | None) -> Change:
    """Of a share, in points: 3% after 2% is one point more, not half as much again."""
    if now is None or before is None:
        return Change("none")
    points = round((now - before) * 100, 1)
    if not points:
        return Change("same", was=percent(before))
    by = f"{abs(points)} point{'s' if abs(points) != 1 else ''}"
    return Change("up" if points > 0 else "down", by, percent(before))
