"""What runs by itself for the media library."""

from app.db import db
from app.scheduler import library
from app.scope import across_organizations


@across_organizations("every organisation has a trash, and posts that may need what is in it")
def rescue() -> None:
    """Before time empties the trash. Running this twice changes nothing."""
    library.rescue()
    db.session.commit()
