"""What a post says beyond its first words: the rest of a thread, a first comment, other words for one
channel, what only one network asks, and its pictures."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.coming_back import one_of, whole
from app.coming_back import text as text_of
from app.datamap import Category, content, part, plain
from app.db import Model
from app.media.models import Asset

PART, COMMENT = "part", "comment"
MOST_PARTS = 25  # of a thread, what the largest networks take in a row


class PostWords(Model):
    """A further part of the thread, or the first comment. With a channel: that channel's own words
    from part 0 on, which stand there in place of the shared ones."""

    __tablename__ = "post_words"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True, info=part()
    )
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"),
        index=True,
        info=plain("empty for all of them"),
    )
    kind: Mapped[str] = mapped_column(info=plain("part | comment", back=one_of(PART, COMMENT)))
    place: Mapped[int] = mapped_column(info=plain("in the thread, from 0", back=whole(0, 1000)))
    text: Mapped[str] = mapped_column(
        info=content(Category.TEXT, why="what you wrote, to publish it for you")
    )


class PostOption(Model):
    """An answer to what only that channel's network asks (`app.networks.values.Option`)."""

    __tablename__ = "post_option"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True, info=part()
    )
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True, info=plain()
    )
    name: Mapped[str] = mapped_column(info=plain("which of the questions", back=text_of(60)))
    value: Mapped[str] = mapped_column(
        info=content(Category.TEXT, why="what you chose for that network, to publish it so")
    )


class PostPicture(Model):
    """A picture of a post, in its place, with its alt text."""

    __tablename__ = "post_picture"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True, info=part()
    )
    asset_id: Mapped[int] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), index=True, info=plain()
    )
    position: Mapped[int] = mapped_column(info=plain())
    part: Mapped[int] = mapped_column(
        default=0,
        server_default="0",
        info=plain("of the thread that it hangs in, from 0", back=whole(0, 1000)),
    )
    alt: Mapped[str] = mapped_column(
        info=content(Category.TEXT, why="tells people who can't see it what the picture shows")
    )

    asset: Mapped[Asset] = relationship(lazy="joined")
