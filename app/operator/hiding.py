"""Figures about groups of people, without those of small groups: neither shown nor to be computed.

A group of fewer than `FEWEST` is hidden. Where the groups add up to a total that is shown, others are
hidden with it (complementary suppression: Cox 1980), until even who knows which group is the small
one can't tell its size any closer than 1 to `FEWEST` - 1. docs/operator-usage.md shows why."""

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 5


@dataclass(frozen=True)
class Group:
    """`value` is what is shown (posts, or the members themselves), made by so many members."""

    value: int
    members: int

    @property
    def is_small(self) -> bool:
        return 0 < self.members < FEWEST


@dataclass(frozen=True)
class Shown:
    """In the order of the groups, None where hidden; the total is None when no total is safe."""

    values: tuple[int | None, ...]
    total: int | None


def people(count: int) -> Group:
    """Whose value is how many they are."""
    return Group(count, count)


def alone(count: int) -> int | None:
    """A number of people that is part of no total."""
    return None if people(count).is_small else count


def share(count: int, of: int) -> int | None:
    """So many of a number that is shown: those who are not among them are a group too."""
    return None if people(count).is_small or people(of - count).is_small else count


def together(groups: Sequence[Group]) -> Shown:
    """Groups beside their total."""
    small = {place for place, group in enumerate(groups) if group.is_small}
    beside = _companions(groups, small) if small else set()
    hidden = small | (beside or set())
    values = (None if place in hidden else one.value for place, one in enumerate(groups))
    total = None if beside is None else sum(one.value for one in groups)
    return Shown(tuple(values), total)


def _companions(groups: Sequence[Group], small: set[int]) -> set[int] | None:
    """What is hidden beside the small ones, the least first; None where there is not enough."""
    room = sum(groups[place].value - 1 for place in small)
    found: set[int] = set()
    by_value = sorted(range(len(groups)), key=lambda place: (groups[place].value, place))
    for place in by_value:
        if found and room >= FEWEST - 2:
            break
        if groups[place].members and place not in small:
            found.add(place)
            room += groups[place].value - FEWEST
    return found if found and room >= FEWEST - 2 else None
