"""Finding posts by their words: every text of a post counts, the parts of a thread and what is said on
one channel alone. No word is cut to its stem, since posts are in any language.

A word is found where a word begins with it; in quotation marks words stand as they are, in that order.
What the databases take for one word differs, so to both everything but letters and digits is a space.

SQLite looks into FTS5 tables that triggers keep. Postgres keeps the words of each text beside it, in a
generated column: under row-level security it asks no GIN index, because `@@` is not leak-proof, so it
walks over the organisation's own posts (20,000 of them: 40 ms; 580 ms without the column). Neither is
part of the models: `NOT_IN_MODELS`, and the migration makes the same."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    event,
    func,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.db import db, table
from app.scheduler.models import Post
from app.scheduler.words import PostWords

MOST_TERMS, LONGEST = 12, 200  # words or quotations of a question, and its characters
POSTS, WORDS = table(Post), table(PostWords)
NOT_IN_MODELS = re.compile(r"(post|post_words)_fts(_\w+)?|searched")
# Signs of ASCII and of typography; as a list, because what a class of signs holds follows the locale.
# Without %, which drivers read; both databases take it for a space.
SIGNS = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~¡¿«»‘’‚“”„‹›–—…·•、。・「」『』（）！？：；，．　"
BETWEEN = re.compile(f"[%{re.escape(SIGNS)}\\s\\x00-\\x1f]+")
SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")


class Term(NamedTuple):
    """Words in their order. `is_open`: the last one may go on."""

    words: tuple[str, ...]
    is_open: bool


def read_terms(asked: str) -> list[Term]:
    """The words and quotations of a question; what holds no letter or digit is none."""
    found = []
    for place, piece in enumerate(asked[:LONGEST].split('"')):
        is_open = place % 2 == 0
        for one in piece.split() if is_open else [piece]:
            if words := tuple(filter(None, BETWEEN.split(one))):
                found.append(Term(words, is_open))
    return found[:MOST_TERMS]


def matching(chosen: Select[Post], organization_id: int, asked: str) -> Select[Post]:
    """Of these posts, those that hold all that is asked for, each term in any of their texts."""
    for term in read_terms(asked):
        chosen = chosen.where(Post.id.in_(_holding(organization_id, term)))
    return chosen


def _holding(organization_id: int, term: Term) -> Any:
    """The posts of an organisation that hold it."""
    holds = _on_postgres if db.engine.dialect.name == "postgresql" else _on_sqlite
    ours = POSTS.c.organization_id == organization_id
    further = select(WORDS.c.post_id).join(POSTS, POSTS.c.id == WORDS.c.post_id)
    return union_all(
        select(POSTS.c.id).where(ours, holds(POSTS, term)),
        further.where(ours, holds(WORDS, term)),
    )


def _on_postgres(texts: Table, term: Term) -> ColumnElement[bool]:
    """'a' <-> 'b' becomes 'a' <-> 'b':* where the last word may go on."""
    asked: ColumnElement[Any] = func.phraseto_tsquery(SIMPLE, " ".join(term.words))
    if term.is_open:
        asked = cast(func.nullif(cast(asked, Text), "").op("||")(":*"), TSQUERY)
    return literal_column(f"{texts.name}.searched").op("@@")(asked)


def _on_sqlite(texts: Table, term: Term) -> ColumnElement[bool]:
    """FTS5's own quotation marks around the words, so that none is taken for an operator."""
    words = f'"{" ".join(term.words)}"' + ("*" if term.is_open else "")
    index = f"{texts.name}_fts"
    found = text(f"SELECT rowid FROM {index} WHERE {index} MATCH :words")  # noqa: S608  # our names
    found = found.bindparams(bindparam("words", words, unique=True))
    return texts.c.id.in_(found.columns(column("rowid", Integer)))


def postgres(name: str) -> Iterator[str]:
    """The words of a table's column `text`, kept beside it."""
    signs, spaces = SIGNS.replace("'", "''"), " " * len(SIGNS)
    words = f"to_tsvector('simple'::regconfig, translate(text, '{signs}', '{spaces}'))"
    yield f"ALTER TABLE {name} ADD COLUMN searched tsvector GENERATED ALWAYS AS ({words}) STORED"


def sqlite(name: str) -> Iterator[str]:
    """The index of a table's column `text`, without a second copy of it, and the triggers that keep
    it."""
    index = f"{name}_fts"
    out = f"INSERT INTO {index}({index}, rowid, text) VALUES ('delete', OLD.id, OLD.text)"  # noqa: S608
    into = f"INSERT INTO {index}(rowid, text) VALUES (NEW.id, NEW.text)"  # noqa: S608
    yield (
        f"CREATE VIRTUAL TABLE {index} USING fts5(text, content='{name}', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
    )
    yield f"CREATE TRIGGER {index}_in AFTER INSERT ON {name} BEGIN {into}; END"
    yield f"CREATE TRIGGER {index}_out AFTER DELETE ON {name} BEGIN {out}; END"
    yield f"CREATE TRIGGER {index}_anew AFTER UPDATE OF text ON {name} BEGIN {out}; {into}; END"


def forget() -> None:
    """FTS5 only crosses out the words of a text that is gone; this leaves them out for good."""
    if db.engine.dialect.name == "sqlite":
        for one in (POSTS, WORDS):
            index = f"{one.name}_fts"
            db.session.execute(text(f"INSERT INTO {index}({index}) VALUES ('optimize')"))  # noqa: S608


def _make(made: Table, connection: Connection, **_: Any) -> None:
    """`create_all` makes them too."""
    kind = postgres if connection.dialect.name == "postgresql" else sqlite
    for statement in kind(made.name):
        connection.exec_driver_sql(statement)


for one in (POSTS, WORDS):
    event.listen(one, "after_create", _make)
