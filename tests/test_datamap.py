"""A map with a hole, a placeholder or a nameless subject fails the build."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

from app.datamap import (
    Basis,
    Category,
    Subject,
    content,
    faults,
    link,
    mark,
    personal,
    plain,
    secret,
)


def table(**columns: dict[str, object]) -> MetaData:
    metadata = MetaData()
    Table("user", metadata, Column("id", Integer, primary_key=True, info=plain()))
    Table(
        "thing",
        metadata,
        *(Column(name, String, info=info) for name, info in columns.items()),
    )
    return metadata


def test_an_unmarked_column_is_a_fault() -> None:
    assert faults(table(note={})) == ["thing.note: has no privacy mark"]


def test_a_placeholder_reason_is_a_fault() -> None:
    for words in ("TODO", "tbd", "misc", "n/a", "because", "reason: other"):
        [fault] = faults(table(note=personal(Category.NAME, why=words)))
        assert "placeholder" in fault


def test_a_key_to_a_person_must_say_which_part_the_person_plays() -> None:
    metadata = table()
    column = Column("author_id", ForeignKey("user.id"), info=plain())
    Table("post", metadata, column)
    assert "which part" in faults(metadata)[0]
    column.info = link(Subject.AUTHOR)
    assert faults(metadata) == []


def test_marks_carry_what_their_kind_implies() -> None:
    made = table(
        a=content(Category.TEXT, why="what the author wrote"),
        b=secret(Category.TOKEN, why="to publish in your name", at_rest="encrypted"),
    )
    assert faults(made) == []
    thing = made.tables["thing"].columns
    text, token = mark(thing["a"]), mark(thing["b"])
    assert text and text.basis is Basis.PROCESSOR
    assert token and (token.export.value, token.at_rest) == ("presence", "encrypted")
