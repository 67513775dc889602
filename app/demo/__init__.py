"""The demo organisation: something to see in every view, and a sandbox to publish to."""

from datetime import datetime

from flask import current_app

from app.account.models import User
from app.demo import ahead, past, strangers, wall
from app.demo.people import EMAIL, PASSWORD, ZONE, gather, leave_trail
from app.operator import demo as desk

__all__ = ["EMAIL", "PASSWORD", "ZONE", "plant"]


def plant(now: datetime) -> tuple[str, str]:
    """Make it once; the address and password to sign in with."""
    if User.by_email(EMAIL) is None:
        member = gather(now)
        channel, on = wall.put_up(member, now)
        wall.plant(member, channel, on, now)
        noor = User.by_email("noor@allstac.example")
        assert noor
        desk.plant(member.user, noor, now)
        past.plant(member, channel, on, now)
        ahead.plant(member, channel, ZONE, now)
        leave_trail(member, channel, now)
        wall.ask(channel, now)
        if not current_app.config["SETTINGS"].is_production:
            strangers.plant(now)  # a real instance counts its own
    return EMAIL, PASSWORD
