"""A long text becomes a thread of which every part fits, with nothing lost and no link cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.networks import Limits, network
from app.networks.text import GRAPHEME, count, graphemes, segments
from app.scheduler.splitting import BLANK, split
from tests.examples import examples

LINKS = (
    "https://example.com/a/long/way?x=1",
    "example.org",
    "@grace.example.com",
    "#orchard",
    "http://ß.de/é",
)
WORDS = (
    "apples",
    "and",
    "pears.",
    "Why?",
    "so…",
    "(yes)",
    "👩‍👩‍👧‍👦",
    "🇩🇪🇫🇷",
    "e\u0301te\u0301",
    "果物です。",
    "क्षि",
    "\u0301",
)
SPACES = (" ", "  ", "\n", "\n\n", "", "\u00a0", "\t", " \u0301")
pieces = st.tuples(
    st.sampled_from(LINKS + WORDS * 3) | st.text(max_size=20), st.sampled_from(SPACES)
)
texts = st.lists(pieces, max_size=25).map(lambda found: "".join(a + b for a, b in found))
LONGEST = max(graphemes(link) for link in LINKS)


def pieced(text: str) -> list[str]:
    return [one for one in GRAPHEME.findall(text) if not BLANK.fullmatch(one)]


def links(text: str) -> list[str]:
    return [one.text for one in segments(text) if one.kind != "text"]


@settings(max_examples=examples(60))
@given(texts, st.integers(1, 90), st.none() | st.integers(20, 200))
def test_nothing_is_lost_and_every_part_fits(text: str, most: int, bytes: int | None) -> None:
    def fits(part: str) -> bool:
        return count(part, "X", most, bytes).problem is None

    parts = split(text, fits, segments, 10_000)
    assert [one for part in parts for one in pieced(part)] == pieced(text)
    for part in parts:
        assert fits(part) or part in links(text) or graphemes(part) == 1


@settings(max_examples=examples(60))
@given(texts, st.integers(LONGEST + 1, 90))
def test_what_leads_somewhere_is_never_cut(text: str, most: int) -> None:
    parts = split(text, lambda part: graphemes(part) <= most, segments, 10_000)
    places = iter(parts)
    here = next(places)
    for link in links(text):
        while link not in here:
            here = next(places)  # in the order of the text; StopIteration is a link that was cut
        here = here.split(link, 1)[1]


@settings(max_examples=examples(60))
@given(texts)
def test_what_fits_stays_whole(text: str) -> None:
    [part] = split(text, lambda _: True, segments)
    assert pieced(part) == pieced(text)


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("One two three. Four five six. Seven.", 30, ["One two three. Four five six.", "Seven."]),
        ("One two three four five", 12, ["One two", "three four", "five"]),
        ("One two.\n\nThree four. Six", 16, ["One two.", "Three four. Six"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("果物です。りんご。", 6, ["果物です。", "りんご。"]),
        ("See https://example.com/a-long-way now", 12, ["See", "https://example.com/a-long-way", "now"]),
        ("  \n ", 12, [""]),
        ("“Why not?” he said then", 14, ["“Why not?”", "he said then"]),
    ],
)  # fmt: skip
def test_it_is_cut_where_a_reader_pauses(text: str, most: int, parts: list[str]) -> None:
    assert split(text, lambda part: graphemes(part) <= most, segments) == parts


def test_the_last_of_so_many_parts_holds_the_rest() -> None:
    assert split("a b c d", lambda part: len(part) <= 1, segments, 3) == ["a", "b", "c d"]


def test_a_long_text_is_split_in_no_time() -> None:
    limits: Limits = network("bluesky").limits
    counted = 0

    def fits(part: str) -> bool:
        nonlocal counted
        counted += len(part)
        return graphemes(part) <= limits.graphemes

    text = "word " * 4000
    assert len(split(text, fits, segments)) == 67
    assert counted < 50 * len(text)
