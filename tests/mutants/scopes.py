"""Each condition that holds a statement to an organisation or a person, taken away: who notices?"""

from collections.abc import Iterable, Iterator

from tests.doors.actors import Actor
from tests.doors.asking import Door
from tests.mutants.conditions import Condition, conditions, judged, removed
from tests.mutants.permissions import Trying

Question = tuple[Door, Actor]
ACTORS = ("owner of Orchard", "both")


def questions(asker: Trying, doors: Iterable[Door]) -> dict[str, list[Question]]:
    """By condition, what can be asked so that it is looked at. What a module builds once is looked at
    by whoever: then it is asked of every door. Raises AssertionError for a door that is wrong."""
    found: dict[str, list[Question]] = {}
    now: list[Question] = []

    def note(name: str, held: object) -> object:
        if now and now[-1] not in found.setdefault(name, []):
            found[name].append(now[-1])
        return held

    every = [(door, actor) for door in doors for actor in map(asker.world.actor, ACTORS)]
    with judged([one for one in conditions() if one.is_asked_anew], note):
        for question in every:
            now.append(question)
            assert not (faults := asker.judge(*question)), faults
    reading = [(door, actor) for door, actor in every if door.method == "GET"]
    built = {one.name: reading for one in conditions() if not one.is_asked_anew}
    return found | built


def survivors(
    asker: Trying, asked: dict[str, list[Question]], chosen: Iterable[Condition]
) -> Iterator[Condition]:
    """Conditions that no door misses, neither the answers nor the watch over statements."""
    faults = asker.app.extensions["watch"].faults
    for one in chosen:
        with removed(one):
            if not any(asker.judge(*question) for question in asked.get(one.name, [])):
                yield one
        faults.clear()
