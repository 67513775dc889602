"""The life of a post as its author sees it: deliveries, attempts, and what people did."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from app.account.models import Membership
from app.origins import web_address
from app.scheduler.attempts import Attempt, DeliveryEvent
from app.scheduler.events import PostEvent
from app.scheduler.models import Delivery, Post
from app.scheduler.saying import saying
from app.scheduler.states import (
    CANCELLED,
    DRAFT,
    EDITABLE,
    FAILED,
    LEAVING,
    LIVE,
    NO_PLACE,
    WAITING,
    WORDS,
    can_move,
    may_be_out,
)

DEEDS = {
    "drafted": ("pencil", "Draft saved"),
    "scheduled": ("calendar", "Scheduled"),
    "asked": ("hourglass", "Asked for approval"),
    "approved": ("stamp", "Approved"),
    "agreed": ("stamp", "A client said yes"),
    "sent_back": ("undo-2", "Sent back"),
    "commented": ("message-square", "Comment"),
    "edited": ("pencil", "Edited"),
    "moved": ("calendar-clock", "Moved"),
    "cancelled": ("ban", "Cancelled"),
    "released": ("send", "Publish now"),
    "decided": ("eye", "Decided"),
    "repeated": ("repeat", "Made by its repetition"),
}
ANSWERS = {
    "sending": ("send", "Leaving", "busy"),
    "unknown": ("circle-help", "No clear answer", "busy"),
    "accepted": ("circle-check", "Published", "good"),
    "rejected": ("triangle-alert", "Refused", "bad"),
    "not_sent": ("clock", "Not sent", "plain"),
    "absent": ("circle-help", "Not on the network", "plain"),
}
SEEN = {
    "unclear": ("circle-help", "No clear answer", "busy"),
    "working": ("circle-dashed", "The network is working on it", "busy"),
    "asking": ("circle-help", "Asking the network", "plain"),
    "looked": ("eye", "Looked there", "plain"),
    "found": ("circle-check", "Found there", "good"),
    "held": ("pause", "Held", "bad"),
    "failed": ("triangle-alert", "Failed", "bad"),
    "going": ("play", "Goes on", "plain"),
}
FIRST_ANSWERS = ("unclear", "working")
HELP = {
    "paused": "It goes out when publishing is resumed, unless it is too late by then.",
    "late": "Publish it now, or choose another time.",
    "reconnect": "Reconnect the channel; then publish it now or choose another time.",
    "needs_decision": "Look at the network, then tell us under Needs your eyes.",
    "restore": "A backup knows nothing of what went out after it was made. Look at the network, then"
    " tell us under Needs your eyes.",
    "poison": "Our sender stopped over it each time, so it is not tried again by itself. Look at what is"
    " odd about it, edit it, or publish it again now.",
    NO_PLACE: "It goes on by itself once an owner takes a bigger plan, or chooses this channel to stay,"
    " under Plan. Nothing is deleted.",
    "not_approved": "Choose another time, or ask again: once approved, it goes out.",
}


def delivery_card(delivery: Delivery) -> dict[str, Any]:
    channel, said = delivery.channel, saying(delivery.post, delivery.channel)
    return {
        "id": delivery.id,
        "network": channel.network,
        "network_name": channel.network_name,
        "handle": channel.handle,
        "name": channel.name,
        "channel_url": f"/channels/{channel.id}",
        "channel": channel.way_back if delivery.hold in ("reconnect", "disconnected") else None,
        "state": delivery.state,
        "state_word": WORDS[delivery.state],
        "due_at": delivery.due_at,
        "published_at": delivery.published_at,
        "late": lateness(delivery),
        "external_url": web_address(delivery.external_url),
        "parts_up": _parts_up(delivery, len(said.parts)),
        "part_count": len(said.parts) + bool(said.comment),
        "reason": delivery.reason,
        "is_open": may_be_out(delivery.state, delivery.hold),
        "has_no_place": delivery.hold == NO_PLACE,
        "help": HELP.get(delivery.hold, "") or _help_failed(delivery),
    }


def _parts_up(delivery: Delivery, parts: int) -> list[dict[str, str]]:
    """What stands on the network of a thread, in its order; nothing of a single post."""
    return [
        {
            "label": f"Post {number}" if number <= parts else "First comment",
            "url": web_address(one["url"]),
        }
        for number, one in enumerate(delivery.steps, 1)
    ]


def _help_failed(delivery: Delivery) -> str:
    if delivery.state != FAILED:
        return ""
    if delivery.steps:
        return "Publish it now to go on with the rest, or cancel the rest."
    return "Edit it, or publish it again now."


def minutes_late(delivery: Delivery) -> int:
    """Whole minutes from its time to when it was out; 0 before that."""
    if not (delivery.published_at and delivery.due_at):
        return 0
    return max(0, int((delivery.published_at - delivery.due_at).total_seconds() // 60))


def lateness(delivery: Delivery) -> str:
    """How long after its time it was out, in words; '' before that."""
    if not (delivery.published_at and delivery.due_at):
        return ""
    seconds = (delivery.published_at - delivery.due_at).total_seconds()
    if seconds < 60:
        return f"{max(seconds, 0):.1f} s after its time"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min late"
    return f"{minutes // 60} h {minutes % 60} min late"


def timeline(
    post: Post, events: Sequence[PostEvent], seen: Sequence[DeliveryEvent], now: datetime
) -> list[dict[str, Any]]:
    """Everything that happened, oldest first: what people did, each try, and what the engine `seen`
    beside them, in its order."""
    steps = [_deed(event) for event in events]
    due = [d.due_at for d in post.deliveries if d.due_at]
    if due and min(due) <= now:
        steps.append(_step(min(due), "alarm-clock", "Due", "", "plain"))
    told = {(one.delivery_id, one.n) for one in seen if one.kind in FIRST_ANSWERS}
    for delivery in post.deliveries:
        for attempt in delivery.attempts:
            steps += _steps(delivery, attempt, is_told=(delivery.id, attempt.n) in told)
        steps += _seen_steps(delivery, [one for one in seen if one.delivery_id == delivery.id])
    return sorted(steps, key=lambda step: step["at"])


def _deed(event: PostEvent) -> dict[str, Any]:
    icon, title = DEEDS[event.kind]
    nobody = "" if event.kind == "repeated" else "Former member"
    actor = event.who or nobody
    tone = {"approved": "good", "sent_back": "bad", "asked": "busy"}.get(event.kind, "plain")
    said = {"is_said": event.kind in ("commented", "sent_back", "approved", "agreed")}
    return _step(event.at, icon, title, event.detail, tone, actor) | said


def _where(delivery: Delivery) -> str:
    return f"{delivery.channel.network_name}, {delivery.channel.handle}"


def _seen_steps(delivery: Delivery, seen: Sequence[DeliveryEvent]) -> Iterator[dict[str, Any]]:
    """Looks that found the same one after the other are one step, at the time of the last."""
    for (kind, detail), alike in groupby(seen, lambda one: (one.kind, one.detail)):
        first, *more = alike
        icon, title, tone = SEEN[kind]
        times = f" {len(more) + 1} times" if more else ""
        said = f"{_where(delivery)}: {detail}"
        step = _step((more or [first])[-1].at, icon, title + times, said, tone)
        yield step | {"since": first.at if more else None}


def _steps(delivery: Delivery, attempt: Attempt, *, is_told: bool) -> list[dict[str, Any]]:
    """`is_told`: its first answer stands among what was seen, and is the last one so far."""
    where = _where(delivery)
    part = f", part {attempt.step + 1}" if attempt.step else ""
    told = f"{where}: attempt {attempt.n}{part}"
    sent = _step(attempt.started_at, "send", "Sent", told, "plain")
    if not attempt.finished_at:
        return [sent | {"tone": "busy"}]
    if is_told and attempt.state == "unknown":
        return [sent]
    icon, title, tone = ANSWERS[attempt.state]
    return [sent, _step(attempt.finished_at, icon, title, f"{where}: {attempt.answer}", tone)]


def _step(
    at: datetime, icon: str, title: str, detail: str, tone: str, actor: str = ""
) -> dict[str, Any]:
    return {
        "at": at,
        "icon": icon,
        "title": title,
        "detail": detail,
        "tone": tone,
        "actor": actor,
        "is_said": False,
        "since": None,
    }


def is_live(post: Post, now: datetime) -> bool:
    """Will something change by itself in the next minute?"""
    return any(
        delivery.state in LIVE
        and (delivery.state not in WAITING or _is_near(delivery.not_before, now))
        for delivery in post.deliveries
    )


def _is_near(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and (moment - now).total_seconds() < 90


def choices(post: Post, member: Membership) -> dict[str, bool]:
    """Which buttons make sense: the state, the person's role and whose post it is decide."""
    states = {delivery.state for delivery in post.deliveries} or {DRAFT}
    is_leaving = bool(states & set(LEAVING))
    may_move = post.may_be_moved_by(member)
    is_open = any(may_be_out(one.state, one.hold) for one in post.deliveries)
    is_settled = not is_leaving and not is_open
    waits = may_move and can_move((one.state, one.hold) for one in post.deliveries)
    cleared = all(one.is_cleared for one in post.deliveries)
    is_overdue = any(one.hold == "not_approved" for one in post.deliveries)
    waits_here = waits and any(not one.channel.set_aside_at for one in post.deliveries)
    return {
        "edit": post.may_be_edited_by(member) and is_settled and states <= set(EDITABLE),
        "move": waits,
        "publish_now": waits_here and (cleared or not member.organization.asks_for_approval),
        "ask_again": waits and is_overdue and member.may("post.submit"),
        "cancel": waits,
        "discard": may_move and member.may("post.edit") and states <= {DRAFT, CANCELLED},
    }
