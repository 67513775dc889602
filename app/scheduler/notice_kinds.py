"""The kinds of things that a person is told of, and how each is told by mail until they choose."""

from typing import NamedTuple

AT_ONCE, DIGEST, NONE = "at_once", "digest", "none"
HOW = {AT_ONCE: "At once", DIGEST: "In the daily digest", NONE: "Not by mail"}


class Kind(NamedTuple):
    """What happened, its picture, and the one thing to do. `mail`: how it is told by mail to who has
    not chosen. `is_news`: it asks for nothing, so each of its mails ends such mails with one press.
    `is_fixed`: whoever pays has to know, so it comes at once whatever was chosen."""

    title: str
    icon: str
    action: str
    mail: str = AT_ONCE
    is_news: bool = False
    is_fixed: bool = False


KINDS = {
    "asked": Kind("A post waits for your yes", "stamp", "Read it and answer"),
    "near": Kind(
        "A post still waits for your yes and is due soon", "hourglass", "Read it and answer"
    ),
    "approved": Kind("Your post was approved", "stamp", "See it", DIGEST, is_news=True),
    "agreed": Kind("A client said yes to your post", "stamp", "See it", DIGEST, is_news=True),
    "sent_back": Kind("Your post came back", "undo-2", "Change it"),
    "commented": Kind("A new comment on a post", "message-square", "Read it", is_news=True),
    "failed": Kind("A post did not go out", "triangle-alert", "Edit it or publish it again"),
    "eyes": Kind("A post is held until you decide", "eye", "Decide"),
    "reconnect": Kind("A channel has to be reconnected", "key-round", "Reconnect it"),
    "plan_unpaid": Kind("A payment did not go through", "circle-alert", "Pay", is_fixed=True),
    "plan_lapsed": Kind(
        "The plan holds less now", "circle-alert", "See what it holds", is_fixed=True
    ),
    "plan_choose": Kind("Choose which channels stay", "layout-list", "Choose"),
    "plan_trial": Kind("The trial of a plan is over soon", "hourglass", "Keep it or let it end"),
    "plan_paid": Kind("The plan is paid again", "circle-check", "See it", is_news=True),
}  # fmt: skip
CHOSEN = {name: kind for name, kind in KINDS.items() if not kind.is_fixed}
GROUPS = {
    "Approval": ("asked", "near", "sent_back", "approved", "agreed", "commented"),
    "Publishing": ("failed", "eyes", "reconnect"),
    "Plan, for owners": ("plan_trial", "plan_choose", "plan_paid"),
}
