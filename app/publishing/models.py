"""Signs of life of the engine."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import plain
from app.db import Model


class Heartbeat(Model):
    """When a part of the engine was last seen: clock or publisher."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True, info=plain())
    at: Mapped[datetime] = mapped_column(info=plain())
