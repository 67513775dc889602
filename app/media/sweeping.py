"""Renditions that nobody wanted for two days go; posters stay as long as their video."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app import storage
from app.db import db
from app.media.models import Asset
from app.media.renditions import KEPT, POSTER
from app.scope import across_organizations

FOLDER = "renditions"
FRESH = timedelta(days=1)  # an upload writes its poster before its row


@across_organizations("renditions lie in one folder")
def sweep(now: datetime) -> int:
    """How many went. What is made from a file goes with it at once (`storage.discard`); here goes
    what was made again in that moment too."""
    files = list(storage.used_before(FOLDER, now - FRESH))
    old = set(storage.used_before(FOLDER, now - KEPT))
    known = {storage.derived(key) for key in db.session.scalars(select(Asset.storage_key))}
    gone = 0
    for key in files:
        folder, _, name = key.rpartition("/")
        if folder not in known or (key in old and name != POSTER):
            storage.discard(key)
            gone += 1
    return gone
