"""Link previews, at a measured pace: over it a post goes out without its card, never later."""

from datetime import datetime

from app.pace import MINUTE, Pace
from app.publishing.claiming import Claimed

PACE = Pace(30, MINUTE)  # pages looked up, per organisation and publisher


def may_look_up(work: Claimed, text: str, now: datetime) -> bool:
    """Is there a link to look up, and is it within the pace?"""
    segments = work.adapter.segments(text)
    has_link = any(segment.kind == "link" for segment in segments)
    return has_link and not PACE.take(str(work.organization_id), now)
