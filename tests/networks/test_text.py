"""Counting and linking as the networks do: hard cases one by one, and byte offsets for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.networks import network, text

# What Intl.Segmenter (granularity grapheme) counts in a browser; UAX #29.
HARD = [
    ("", 0),
    ("hello", 5),
    ("héllo", 5),
    ("he\u0301llo", 5),
    ("👍", 1),
    ("👍🏽", 1),
    ("👩‍👩‍👧‍👦", 1),
    ("🏳️‍🌈", 1),
    ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1),
    ("🇩🇪🇫🇷", 2),
    ("🇩🇪🇫", 2),
    ("1️⃣", 1),
    ("❤️", 1),
    ("漢字かな", 4),
    ("한국어", 3),
    ("\u1112\u1161\u11ab", 1),
    ("நி", 1),
    ("क्षि", 1),
    ("z̶̧̪̞a̴l̵g̷o̸", 5),
    ("\r\n", 1),
    ("a\u200bb", 3),
    ("🧑🏿‍🚀 ok", 4),
    ("ﷺ", 1),
    ("e\u0301" * 300, 300),
]


@pytest.mark.parametrize(("words", "graphemes"), HARD)
def test_characters_are_counted_as_people_see_them(words: str, graphemes: int) -> None:
    assert text.graphemes(words) == graphemes


def test_bluesky_takes_300_and_no_more() -> None:
    bluesky = network("bluesky")
    assert bluesky.count("👩‍👩‍👧‍👦" * 100).problem is None
    assert bluesky.count("a" * 300).problem is None
    assert bluesky.count("a" * 312).problem == "Bluesky allows 300 characters; this is 312."
    heavy = bluesky.count("👩‍👩‍👧‍👦" * 121)
    assert heavy.problem == "Bluesky allows 3,000 bytes; these characters take 3,025."


LINKS = [
    ("see https://example.com/a.", "https://example.com/a"),
    ("(https://example.com/a_(b))", "https://example.com/a_(b)"),
    ("“https://example.com”!", "https://example.com"),
    ("example.com/grüße?a=1#b, yes", "example.com/grüße?a=1#b"),
    ("HTTPS://EXAMPLE.COM/A", "HTTPS://EXAMPLE.COM/A"),
    ("https://例え.jp/道", "https://例え.jp/道"),
    ("https://example.com:8080/x", "https://example.com:8080/x"),
    ("**https://example.com**", "https://example.com"),
]


@pytest.mark.parametrize(("words", "link"), LINKS)
def test_a_link_ends_where_the_sentence_goes_on(words: str, link: str) -> None:
    [found] = [f for f in text.find(words) if f.kind == "link"]
    assert words[found.start : found.end] == link
    assert found.target.lower().startswith(("https://", "http://"))


@pytest.mark.parametrize(
    "words",
    ["grace@example.com", "e.g. this", "1.5 million", "https://", "file.pdf", "a/b.c", "i.e.so"],
)
def test_what_only_looks_like_a_link_is_none(words: str) -> None:
    assert [f for f in text.find(words) if f.kind == "link"] == []


@pytest.mark.parametrize(
    ("words", "kind", "targets"),
    [
        ("hi @grace.bsky.social!", "mention", ["grace.bsky.social"]),
        ("@Grace.Test and @b.c.test.", "mention", ["grace.test", "b.c.test"]),
        ("mail grace@bsky.social", "mention", []),
        ("@nodot", "mention", []),
        ("#Tag, #größe! #日本", "tag", ["Tag", "größe", "日本"]),
        ("#1 #2026 a#b &#39;", "tag", []),
        ("#" + "x" * 65, "tag", []),
        ("＃full", "tag", ["full"]),
    ],
)
def test_mentions_and_tags(words: str, kind: str, targets: list[str]) -> None:
    assert [f.target for f in text.find(words) if f.kind == kind] == targets


ANY = st.text(
    st.sampled_from("ab @#.:/é👩‍🇩(e\u0301漢)\n") | st.characters(blacklist_categories=["Cs"]),
    max_size=80,
)
PIECES = st.sampled_from(
    ["https://example.com/ü", "@grace.test", "#tag", " ", "👩‍👩‍👧", "(", ")", "é."]
)


@given(st.lists(ANY | PIECES, max_size=8).map("".join))
def test_byte_offsets_cut_out_exactly_what_was_found(words: str) -> None:
    raw, last = words.encode(), 0
    for found in text.find(words):
        start, end = text.byte_span(words, found.start, found.end)
        assert raw[start:end].decode() == words[found.start : found.end]
        assert last <= start < end
        last = end


@given(st.lists(ANY | PIECES, max_size=8).map("".join))
def test_a_preview_shows_every_character_once(words: str) -> None:
    assert "".join(part.text for part in text.segments(words)) == words
