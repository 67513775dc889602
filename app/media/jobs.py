"""What runs by itself for pictures and videos."""

from app import clock
from app.media.sweeping import sweep


def tidy() -> None:
    """Remove what was made for networks and is not needed any more."""
    sweep(clock.now())
