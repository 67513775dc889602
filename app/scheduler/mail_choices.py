"""How a person wants to hear by mail of what happens: at once, in the daily digest, or not. In the
product it always stands. One choice for each kind holds in all of the person's organisations."""

import re
from collections.abc import Collection, Mapping

from flask import current_app
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app import coming_back, signing
from app.account.models import User
from app.datamap import Category, Subject, link, personal, plain
from app.db import Model, among, db, table
from app.scheduler.notice_kinds import CHOSEN, DIGEST, HOW, KINDS, NONE

PURPOSE = "stop mails of a kind"
SAID = re.compile(r"([0-9]{1,10})\.([a-z_]{1,20})")


class MailChoice(Model):
    """What a person chose for one kind; without a row it is as the kind says."""

    __tablename__ = "mail_choice"
    __table_args__ = (UniqueConstraint("user_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), info=link(Subject.OWNER)
    )
    kind: Mapped[str] = mapped_column(
        info=plain("a key of KINDS", back=coming_back.one_of(*CHOSEN))
    )
    how: Mapped[str] = mapped_column(
        info=personal(
            Category.PREFERENCE,
            why="to write to you as you chose",
            correct="/account/notifications",
            back=coming_back.one_of(*HOW),
        )
    )


row = table(MailChoice).c


def of(user: User) -> dict[str, str]:
    """By kind, of those that a person chooses about."""
    mine = select(row.kind, row.how).where(row.user_id == user.id)
    chosen = dict(db.session.execute(mine).all())
    return {name: chosen.get(name, kind.mail) for name, kind in CHOSEN.items()}


def of_each(people: Collection[int], kind: str) -> dict[int, str]:
    """By the id of each of these people, how they hear of one kind."""
    named = select(row.user_id, row.how).where(among(row.user_id, people), row.kind == kind)
    known = dict(db.session.execute(named).all()) if kind in CHOSEN else {}
    return {id: known.get(id, KINDS[kind].mail) for id in people}


def choose(user: User, wanted: Mapping[str, str]) -> dict[str, str]:
    """Ways by kind; those that changed. Two pages of one person stand in line."""
    user.hold()
    present = of(user)
    changed = {kind: how for kind, how in wanted.items() if present[kind] != how}
    mine = select(MailChoice).where(MailChoice.user_id == user.id, MailChoice.kind.in_(changed))
    known = {one.kind: one for one in db.session.scalars(mine)}
    for kind, how in changed.items():
        one = known.get(kind) or MailChoice(user_id=user.id, kind=kind)
        one.how = how
        db.session.add(one)
    return changed


def stop(user: User, what: str) -> dict[str, str]:
    """No mail of this kind from here on or, by the name of the digest, none of what comes in it."""
    ended = [kind for kind, how in of(user).items() if what in (kind, how)]
    return choose(user, dict.fromkeys(ended, NONE))


def way_out(user: User, kind: str) -> str:
    """The link of a mail that asks for nothing; '' of one that does."""
    return stop_address(user, kind) if KINDS[kind].is_news else ""


def stop_address(user: User, what: str) -> str:
    """The link that `stop`s; nothing is stored, so that the links of all mails go on to work."""
    token = signing.token(PURPOSE, f"{user.id}.{what}")
    return f"{current_app.config['SETTINGS'].base_url}/notifications/stop/{token}"


def read_stop(token: str) -> tuple[User, str] | None:
    """Whose mails, and which; None for what we did not make, and when the person is gone."""
    named = SAID.fullmatch(signing.said_by(PURPOSE, token))
    if not named or named[2] not in (*CHOSEN, DIGEST):
        return None
    user = db.session.get(User, int(named[1]))
    return (user, named[2]) if user and not user.erased_at else None
