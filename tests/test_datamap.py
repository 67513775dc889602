"""A map with a hole, a placeholder or a nameless subject fails the build."""

from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

from app.datamap import (
    Basis,
    Category,
    Erase,
    Purpose,
    Retention,
    Subject,
    content,
    link,
    mark,
    personal,
    plain,
    secret,
)
from app.privacy import words as spoken
from app.privacy.map_faults import faults
from app.privacy.retention import load_rules


def table(**columns: dict[str, object]) -> MetaData:
    metadata = MetaData()
    Table("user", metadata, Column("id", Integer, primary_key=True, info=plain()))
    Table(
        "thing",
        metadata,
        *(Column(name, String, info=info) for name, info in columns.items()),
    )
    return metadata


def of_organization(**columns: dict[str, object]) -> MetaData:
    """The same, with keys that lead to a person and to an organisation."""
    metadata = table(**columns)
    Table("organization", metadata, Column("id", Integer, primary_key=True, info=plain()))
    thing = metadata.tables["thing"]
    member = Column("user_id", ForeignKey("user.id"), info=link(Subject.MEMBER))
    home = Column("home_id", ForeignKey("organization.id"), nullable=False, info=plain())
    for column in (member, home):
        thing.append_column(column)
    return metadata


def test_a_personal_column_that_no_key_leads_to_is_a_fault() -> None:
    fault = faults(table(nickname=personal(Category.NAME, why="to greet you by it")))[0]
    assert "no key or address leads to the person" in fault
    fault = faults(table(text=content(Category.TEXT, why="what the author wrote")))[0]
    assert "no key leads to one" in fault
    by_address = personal(Category.EMAIL, why="to write to the person", by_address=True)
    assert faults(table(email=by_address)) == []


def test_what_nobody_can_link_to_a_person_is_in_no_copy() -> None:
    hashed = personal(Category.EMAIL, why="to count the tries", unlinked="a keyed hash")
    [fault] = faults(table(key=hashed))
    assert "no copy can hold it" in fault


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
    column.info = link(Subject.OWNER)
    assert faults(metadata) == []


def test_marks_carry_what_their_kind_implies() -> None:
    made = of_organization(
        a=content(Category.TEXT, why="what the author wrote"),
        b=secret(
            Category.TOKEN,
            why="to publish in your name",
            at_rest="encrypted",
            retention=Retention.CONNECTION,
        ),
    )
    assert faults(made) == []
    thing = made.tables["thing"].columns
    text, token = mark(thing["a"]), mark(thing["b"])
    assert text and text.basis is Basis.PROCESSOR
    assert token and (token.export.value, token.at_rest) == ("presence", "encrypted")


def test_every_word_of_the_map_has_words_for_people() -> None:
    assert set(spoken.CATEGORIES) == set(Category) - {Category.NONE}
    assert set(spoken.PURPOSES) == set(Purpose)
    assert set(spoken.BASES) == set(Basis)
    assert {rule.id for rule in load_rules().rules} == set(Retention)


NAME = {"category": Category.NAME, "why": "to greet you by it"}
DISAGREEING: dict[str, dict[str, Any]] = {
    "no key of its row brings that about": personal(**NAME, erase=Erase.KEEP),
    "is a secret, but stored as it is": secret(
        Category.SECRET, why="opens your door", at_rest="plain"
    ),
    "as long as it is connected": personal(**NAME, retention=Retention.CONNECTION),
    "as long as the organisation wants": personal(**NAME, retention=Retention.ORGANIZATION),
    "is what we hold on its behalf": personal(**NAME, basis=Basis.PROCESSOR),
    "is to be emptied": personal(**NAME, erase=Erase.NULL),
    "goes with what it is a part of": link(Subject.PART),
    "whoever did something leaves": link(Subject.ACTOR, erase=Erase.DELETE_ROW),
    "more than one owner": link(Subject.OWNER),
}


@pytest.mark.parametrize("fault", DISAGREEING)
def test_marks_that_disagree_are_a_fault(fault: str) -> None:
    made = of_organization(a=DISAGREEING[fault])
    made.tables["thing"].columns["a"].nullable = False
    assert fault in " ".join(faults(made))
