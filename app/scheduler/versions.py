"""What a post said before: each save that changes what it says keeps what it replaced, and who had
written that when."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership, User
from app.coming_back import one_of, whole
from app.coming_back import text as text_of
from app.datamap import Category, Erase, Subject, content, link, part, plain
from app.db import Model, db
from app.scheduler.composition import Composition, texts
from app.scheduler.hands import Hand
from app.scheduler.models import Post
from app.scheduler.saying import Hung
from app.scheduler.words import COMMENT, PART

OPTION, PICTURE = "option", "picture"
KINDS = (PART, COMMENT, OPTION, PICTURE)
ONE_GO = timedelta(minutes=10)  # of writing: what one form saves by itself meanwhile is one version


class PostVersion(Model):
    """Words that stood once, under the number that the post had then."""

    __tablename__ = "post_version"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), info=part())
    number: Mapped[int] = mapped_column(info=plain(back=whole(1, 1_000_000)))
    writer_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.ACTOR, erase=Erase.NULL)
    )
    written_at: Mapped[datetime] = mapped_column(info=plain())

    writer: Mapped[User | None] = relationship(lazy="joined")
    words: Mapped[list["VersionWords"]] = relationship(
        order_by="VersionWords.id", cascade="all, delete-orphan"
    )


class VersionWords(Model):
    """One text of it: a part, a first comment, an answer to a network, or a picture's alt text."""

    __tablename__ = "version_words"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    version_id: Mapped[int] = mapped_column(
        ForeignKey("post_version.id", ondelete="CASCADE"), index=True, info=part()
    )
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"),
        index=True,
        info=plain("empty for all of them"),
    )
    asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="SET NULL"), index=True, info=plain("of a picture")
    )
    kind: Mapped[str] = mapped_column(
        info=plain("part | comment | option | picture", back=one_of(*KINDS))
    )
    place: Mapped[int] = mapped_column(info=plain("from 0", back=whole(0, 1000)))
    part: Mapped[int] = mapped_column(
        info=plain("of the thread that a picture hung in", back=whole(0, 1000))
    )
    name: Mapped[str] = mapped_column(info=plain("which of the questions", back=text_of(60)))
    text: Mapped[str] = mapped_column(
        info=content(Category.TEXT, why="what you wrote before, to compare it or bring it back")
    )


class Said(NamedTuple):
    """One text of a post as it stands, apart from its rows."""

    channel_id: int | None
    kind: str
    place: int
    text: str
    name: str = ""
    asset_id: int | None = None
    part: int = 0


class Standing(NamedTuple):
    """All that a post says, and who wrote it when."""

    number: int
    writer: User | None
    written_at: datetime
    words: tuple[Said, ...]


def standing(post: Post) -> Standing:
    last = next((one for one in reversed(post.events) if one.is_of_words), None)
    at = last.at if last else post.created_at
    return Standing(post.version, post.writer, at, tuple(_words(post)))


def _words(post: Post) -> Iterable[Said]:
    yield Said(None, PART, 0, post.text)
    yield from (Said(one.channel_id, one.kind, one.place, one.text) for one in post.words)
    yield from (Said(one.channel_id, OPTION, 0, one.value, one.name) for one in post.options)
    for one in post.pictures:
        yield Said(None, PICTURE, one.position, one.alt, "", one.asset_id, one.part)


def said_by(made: Composition) -> tuple[Said, ...]:
    """What it will say once it is put down."""
    words = [Said(None, PART, 0, made.text)]
    words += [Said(id, kind, place, text) for (id, kind, place), text in texts(made)]
    words += [
        Said(id, OPTION, 0, value, name)
        for id, answers in made.options.items()
        for name, value in answers.items()
    ]
    for place, one in enumerate(Hung(*hung) for hung in made.pictures):
        words.append(Said(None, PICTURE, place, one.alt, "", one.asset.id, one.part))
    return tuple(words)


def says_already(post: Post, made: Composition) -> bool:
    return set(_words(post)) == set(said_by(made))


def is_one_go(post: Post, member: Membership, hand: Hand, now: datetime) -> bool:
    """Did this form save what stands by itself, a moment ago?"""
    last = next((one for one in reversed(post.events) if one.is_of_words), None)
    if last is None or last.actor_id != member.user_id or now - last.at >= ONE_GO:
        return False
    return hand.goes_on(post)


def is_own(post: Post, member: Membership, hand: Hand, now: datetime) -> bool:
    """Is what stands only this form's own beginning, which nobody has to find again?"""
    return is_one_go(post, member, hand, now) and Hand.read(post.typed_in).wrote


def of_version(version: PostVersion) -> Standing:
    words = tuple(
        Said(one.channel_id, one.kind, one.place, one.text, one.name, one.asset_id, one.part)
        for one in version.words
    )
    return Standing(version.number, version.writer, version.written_at, words)


def keep(post: Post, before: Standing) -> bool:
    """What stood before is kept, when the post says something else by now: does it?"""
    if set(_words(post)) == set(before.words):
        return False
    _add(post, before)
    return True


def set_aside(post: Post, words: tuple[Said, ...], member: Membership, now: datetime) -> None:
    """What was typed and not chosen is kept, under the number that stood; what stands has the next."""
    if set(words) == set(_words(post)):
        return
    _add(post, Standing(post.version, member.user, now, words))
    post.version += 1


def _add(post: Post, said: Standing) -> None:
    made = PostVersion(post_id=post.id, number=said.number, written_at=said.written_at)
    made.writer = said.writer
    made.words = [VersionWords(**one._asdict()) for one in said.words]
    db.session.add(made)


def earlier(post: Post, below: int, most: int) -> list[PostVersion]:
    """The newest first, of those with a lower number."""
    chosen = select(PostVersion).where(PostVersion.post_id == post.id, PostVersion.number < below)
    newest = chosen.order_by(PostVersion.number.desc()).limit(most)
    return list(db.session.scalars(newest))


def version_of(post: Post, number: int) -> PostVersion | None:
    these = PostVersion.post_id == post.id, PostVersion.number == number
    return db.session.scalar(select(PostVersion).where(*these))
