"""A row's references: each to the person or to a row of the same copy, never to anything else here."""

from dataclasses import dataclass, field

from app.account.permissions import Role
from app.datamap import Subject, mark
from app.privacy.copied_rows import Row
from app.privacy.copy_file import BadCopy
from app.privacy.fates import Fate, is_part, target
from app.privacy.portions import ME, SOMEBODY
from app.privacy.whereabouts import Found, Whereabouts

OTHERS = "it is about somebody else"
ELSEWHERE = "it belongs to an organisation of others, whose owner can bring it back"
HERE = "it is here already"


@dataclass(frozen=True)
class Receiver:
    """Who gets the copy. `id` is None for somebody without an account yet; `address` is whose copy
    is taken, "" for anybody's."""

    id: int | None
    address: str
    is_new: bool = False


@dataclass
class Placed:
    """A row with its references here. `old_ones` are names of those to rows that were here before;
    `is_here`: what it is a part of was. `home` is its organisation, `id` its own."""

    row: Row
    links: dict[str, int | None] = field(default_factory=dict)
    old_ones: set[str] = field(default_factory=set)
    homes: set[int] = field(default_factory=set)
    is_here: bool = False
    id: int | None = None

    @property
    def home(self) -> int | None:
        return next(iter(self.homes), None)


class Placer:
    """`owned` are the organisations that the copy says the person owns."""

    def __init__(self, to: Receiver, places: Whereabouts) -> None:
        self.to, self.places = to, places
        self.owned: set[int | None] = set()

    def place(self, fate: Fate, row: Row) -> Placed | str:
        """The row with its references, or why it does not come back. Raises BadCopy."""
        placed, unknown, why = Placed(row), "", ""
        for column in fate.links:
            value = row.links[column.name]
            if value in (None, ME, SOMEBODY):
                self._name_person(placed, column.name, value)
                if value == SOMEBODY and not column.nullable:
                    why = OTHERS
            elif found := self.places.find(target(column), value):
                why = why or _lead(placed, column.name, found, is_part=is_part(column))
            else:
                unknown = f"{target(column)} {value}"
        if len(placed.homes) > 1:
            raise BadCopy(row.place, "It mixes two organisations.")
        if unknown and placed.homes:
            raise BadCopy(row.place, f"It points at {unknown}, which the copy does not hold.")
        if why or unknown:
            return why or ELSEWHERE
        self._note_owner(fate, placed)
        return placed

    def _name_person(self, placed: Placed, name: str, value: str | None) -> None:
        placed.links[name] = self.to.id if value == ME else None
        if value == ME and not self.to.is_new:
            placed.old_ones.add(name)

    def _note_owner(self, fate: Fate, placed: Placed) -> None:
        for column in fate.links:
            found = mark(column)
            is_joining = found is not None and found.subject is Subject.MEMBER
            is_owner = placed.row.values.get("role") == Role.OWNER
            if is_joining and is_owner and placed.row.links[column.name] == ME:
                self.owned.add(placed.home)


def _lead(placed: Placed, name: str, found: Found, *, is_part: bool) -> str:
    """Note one reference; why its target is not here, else ""."""
    if found.home is not None:
        placed.homes.add(found.home)
    if found.why == HERE:
        placed.is_here |= is_part or found.id is None
    elif found.id is None:
        return found.why
    placed.links[name] = found.id
    if found.is_here:
        placed.old_ones.add(name)
    return ""
