"""A long text as a thread: cut where a paragraph, a sentence or at least a word ends, never inside a
character that people see as one (UAX #29) and never inside a link, a mention or a hashtag."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import regex

from app.networks import Segment
from app.networks.text import GRAPHEME

BLANK = regex.compile(r"\s+")  # what links end at too: str.isspace knows a few more
ENDS, CLOSERS = set(".!?…"), set("\"'”’»)]*_")
ENDS_WITHOUT_SPACE = set("。！？")  # Chinese and Japanese put no space after a sentence
WORD, SENTENCE, PARAGRAPH = 1, 2, 3
ENOUGH = 0.5  # a paragraph or sentence may end a part that is at least half full


@dataclass(frozen=True)
class Cuts:
    """The characters of a text and where it may be cut: place n is before character n. `rank` says
    what ends there, 0 for nothing but a character."""

    characters: list[str]
    blank: list[bool]
    places: list[int]
    rank: dict[int, int]

    def text(self, start: int, end: int) -> str:
        """Without the white space at both ends."""
        while start < end and self.blank[start]:
            start += 1
        while start < end and self.blank[end - 1]:
            end -= 1
        return "".join(self.characters[start:end])


def split(
    text: str,
    fits: Callable[[str], bool],
    segments: Callable[[str], list[Segment]],
    most: int = 100,
) -> list[str]:
    """At most so many parts. All of them fit, but for the last of `most` and for a link that is
    longer than what fits."""
    cuts, start, parts = _cuts(text, segments), 0, list[str]()
    end = len(cuts.characters)
    while start < end:
        rest = cuts.text(start, end)
        cut = end if len(parts) == most - 1 else _next(cuts, start, fits)
        if part := cuts.text(start, cut) if cut < end else rest:
            parts.append(part)
        start = cut
    return parts or [""]


def _next(cuts: Cuts, start: int, fits: Callable[[str], bool]) -> int:
    """Where the part ends that begins at `start`."""
    ahead = cuts.places[bisect_right(cuts.places, start) :]
    last = _longest(lambda n: fits(cuts.text(start, ahead[n])), len(ahead))
    if last < 0:
        return ahead[0]
    if last == len(ahead) - 1:
        return ahead[-1]
    return _ending(cuts, start, ahead[: last + 1], fits)


def _ending(cuts: Cuts, start: int, reached: list[int], fits: Callable[[str], bool]) -> int:
    """Of the places that fit the one that reads best."""
    enough = start + (reached[-1] - start) * ENOUGH
    for wanted in (PARAGRAPH, SENTENCE, WORD):
        for place in reversed(reached):
            if wanted != WORD and place < enough:
                break
            if cuts.rank.get(place, 0) >= wanted and fits(cuts.text(start, place)):
                return place
    return reached[-1]


def _longest(fits: Callable[[int], bool], count: int) -> int:
    """The last index that fits, when all before it do; -1 when none does. Looks at few of them, the
    short ones first: what is far too long is slow to count."""
    low, step = -1, 64
    while low + step < count and fits(low + step):
        low += step
        step *= 2
    high = min(low + step, count)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def _cuts(text: str, segments: Callable[[str], list[Segment]]) -> Cuts:
    characters = GRAPHEME.findall(text)
    cuts = Cuts(characters, [bool(BLANK.fullmatch(one)) for one in characters], [], {})
    whole, offset = _inside(text, segments), 0
    for place, character in enumerate(characters):
        if place and offset not in whole:
            cuts.places.append(place)
            cuts.rank[place] = _rank(cuts, place)
        offset += len(character)
    cuts.places.append(len(characters))
    return cuts


def _inside(text: str, segments: Callable[[str], list[Segment]]) -> set[int]:
    """Offsets that lie inside of something that leads somewhere."""
    found, offset = set[int](), 0
    for segment in segments(text):
        end = offset + len(segment.text)
        if segment.kind != "text":
            found.update(range(offset + 1, end))
        offset = end
    return found


def _rank(cuts: Cuts, place: int) -> int:
    """What ends before the white space that begins here; 0 for nothing but a character."""
    characters, gap = cuts.characters, place
    if characters[place - 1] in ENDS_WITHOUT_SPACE:
        return SENTENCE
    if not cuts.blank[place] or cuts.blank[place - 1]:
        return 0
    while gap < len(characters) and cuts.blank[gap]:
        gap += 1
    if "".join(characters[place:gap]).count("\n") > 1:
        return PARAGRAPH
    end = place - 1
    while end > 0 and characters[end] in CLOSERS:
        end -= 1
    return SENTENCE if characters[end] in ENDS | ENDS_WITHOUT_SPACE else WORD
