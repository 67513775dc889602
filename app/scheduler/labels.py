"""Labels: how an organisation sorts its posts. A campaign is a label of which a post has one at most."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership
from app.coming_back import one_of
from app.coming_back import text as text_of
from app.datamap import Category, content, part, plain
from app.db import Model, db

LABEL, CAMPAIGN = "label", "campaign"
KINDS = (LABEL, CAMPAIGN)
LONGEST = 40  # characters of a name
MOST_ON_A_POST, MOST = 10, 500  # the second is of an organisation


class Label(Model):
    """A name to sort posts by. Upper and lower case are one name."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("organization_id", "kind", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), info=plain()
    )
    kind: Mapped[str] = mapped_column(info=plain("label | campaign", back=one_of(*KINDS)))
    name: Mapped[str] = mapped_column(
        info=content(Category.WORKFLOW, why="to sort posts by", back=text_of(LONGEST))
    )
    folded: Mapped[str] = mapped_column(
        info=content(Category.WORKFLOW, why="the name without case", back=text_of(3 * LONGEST))
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())

    @classmethod
    def of(cls, member: Membership) -> Select["Label"]:
        return (
            select(cls)
            .where(cls.organization_id == member.organization_id)
            .order_by(cls.kind.desc(), cls.folded)
        )


class PostLabel(Model):
    """A label on a post."""

    __tablename__ = "post_label"
    __table_args__ = (UniqueConstraint("post_id", "label_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), info=part())
    label_id: Mapped[int] = mapped_column(
        ForeignKey("label.id", ondelete="CASCADE"), index=True, info=plain()
    )

    label: Mapped[Label] = relationship(lazy="joined")


def fold(name: str) -> str:
    """What makes two names the same one."""
    return tidy(name).casefold()


def tidy(name: str) -> str:
    return " ".join(name.split())


def apart(names: Iterable[str]) -> dict[str, str]:
    """Each name once, as it was written first, by what makes it the same as another."""
    found: dict[str, str] = {}
    for name in names:
        if tidy(name):
            found.setdefault(fold(name), tidy(name))
    return found


def named(organization_id: int, kind: str, names: Iterable[str], now: datetime) -> list[Label]:
    """The labels of these names, made where there are none yet."""
    wanted = apart(names)
    found = _of(organization_id, kind, wanted)
    for folded in sorted(wanted.keys() - found.keys()):
        made = Label(organization_id=organization_id, kind=kind, created_at=now)
        made.folded, made.name = folded, wanted[folded]
        db.session.add(made)
        found[folded] = made
    return [found[folded] for folded in wanted]


def refuse(organization_id: int, labels: Iterable[str], campaign: str) -> str | None:
    """Why there is no room for those of them that are new."""
    wanted = {LABEL: apart(labels), CAMPAIGN: apart([campaign])}
    asked = {kind: found for kind, found in wanted.items() if found}
    new = sum(len(found) - len(_of(organization_id, kind, found)) for kind, found in asked.items())
    ours = select(func.count()).where(Label.organization_id == organization_id)
    if new and (db.session.scalar(ours) or 0) + new > MOST:
        return f"Your organisation has {MOST} labels and campaigns, the most that fit."
    return None


def _of(organization_id: int, kind: str, folded: Iterable[str]) -> dict[str, Label]:
    chosen = select(Label).where(Label.organization_id == organization_id, Label.kind == kind)
    rows = db.session.scalars(chosen.where(Label.folded.in_(list(folded))))
    return {one.folded: one for one in rows}


def counted(member: Membership) -> list[tuple[Label, int]]:
    """All of them, each with how many posts it stands on."""
    rows = db.session.execute(
        Label.of(member)
        .outerjoin(PostLabel, PostLabel.label_id == Label.id)
        .add_columns(func.count(PostLabel.id))
        .group_by(Label.id)
    )
    return [(label, count) for label, count in rows]


def rename(label: Label, name: str) -> bool:
    """Another name; False when another one of that kind has it already."""
    taken = select(Label.id).where(
        Label.organization_id == label.organization_id,
        Label.kind == label.kind,
        Label.folded == fold(name),
        Label.id != label.id,
    )
    if db.session.scalar(taken):
        return False
    label.name, label.folded = tidy(name), fold(name)
    return True


def remove(label: Label) -> None:
    """Take it off all posts; the posts stay as they are."""
    db.session.delete(label)
