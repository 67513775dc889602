"""Counting and linking text as networks do. Offsets are UTF-8 bytes, as AT Protocol facets want."""

from typing import NamedTuple

import regex

from app.networks.words import Count, Segment

# A link with a scheme, or a bare name whose last label is a usual top-level domain.
TLDS = (
    "com|org|net|edu|gov|info|biz|io|co|app|dev|blog|news|social|art|shop|store|online|site|xyz|me"
    "|tv|ai|cc|gg|fm|ly|to|be|de|at|ch|fr|nl|it|es|pt|pl|cz|se|no|dk|fi|ie|uk|eu|us|ca|au|nz|jp|kr"
    "|cn|in|br|mx|ar|cl|za|tr|ru|ua|gr|hu|ro|is|lu|live|cloud|tech|design|studio|coffee|club|team"
    "|world|space|agency|media|page|link|email|events|academy|berlin|london|nyc|earth|green|wiki"
)
LINK = regex.compile(
    rf"(?<![\w@/.-])(?:https?://[^\s<>\"“”]+|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{TLDS})\b"
    r"(?:[:/?#][^\s<>\"“”]*)?)",
    regex.IGNORECASE,
)
MENTION = regex.compile(
    r"(?<![\w@/.])@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+"
    r"[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)"
)
TAG = regex.compile(r"(?<![\w#＃&/])[#＃]((?!\ufe0f)[^\s\u00AD\u2060\u200A-\u200D\u20e2#＃]+)")
GRAPHEME = regex.compile(r"\X")
SENTENCE = ".,;:!?'\"…*_~’”»"
CLOSERS = {")": "(", "]": "[", "}": "{"}
TAG_LIMIT = 64


class Found(NamedTuple):
    """A stretch that becomes something: character offsets, and what it leads to."""

    kind: str
    start: int
    end: int
    target: str


def graphemes(text: str) -> int:
    """User-perceived characters (UAX #29), as Intl.Segmenter counts them."""
    return len(GRAPHEME.findall(text))


def size(text: str) -> int:
    """Bytes of UTF-8; a lone surrogate counts as the replacement that it would become."""
    return len(text.encode("utf-8", "replace"))


def units(text: str) -> int:
    """UTF-16 code units, in which Telegram counts and Discord's own field does: most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_units(text: str, name: str, most: int) -> Count:
    """How much of a limit in UTF-16 code units a text uses."""
    used = units(text)
    if used <= most:
        return Count(used, most)
    wide = " Most emoji count as two." if used > len(text) else ""
    return Count(used, most, f"{name} allows {most} characters; this is {used}.{wide}")


def count(text: str, name: str, most: int, most_bytes: int | None) -> Count:
    """How much of a network's limit a text uses."""
    used = graphemes(text)
    if used > most:
        return Count(used, most, f"{name} allows {most} characters; this is {used}.")
    if most_bytes is not None and size(text) > most_bytes:
        words = f"{name} allows {most_bytes:,} bytes; these characters take {size(text):,}."
        return Count(used, most, words)
    return Count(used, most)


def find(text: str) -> list[Found]:
    """Links, mentions and hashtags, in order, never overlapping."""
    found: list[Found] = []
    for match in LINK.finditer(text):
        link = _trim(match.group())
        target = link if regex.match("https?://", link, regex.IGNORECASE) else f"https://{link}"
        if len(link) > len("https://"):
            found.append(Found("link", match.start(), match.start() + len(link), target))
    for match in MENTION.finditer(text):
        found.append(Found("mention", match.start(), match.end(), match.group(1).lower()))
    for match in TAG.finditer(text):
        tag = regex.sub(r"\p{P}+$", "", match.group(1))
        if tag and not tag.isdigit() and graphemes(tag) <= TAG_LIMIT:
            found.append(Found("tag", match.start(), match.start() + 1 + len(tag), tag))
    return _apart(found)


def _trim(link: str) -> str:
    """Punctuation after a link belongs to the sentence; a closer belongs to its opener."""
    end = len(link)
    excess = {closer: link.count(closer) - link.count(CLOSERS[closer]) for closer in CLOSERS}
    while end:
        last = link[end - 1]
        if excess.get(last, 0) > 0:
            excess[last] -= 1
        elif last not in SENTENCE:
            break
        end -= 1
    return link[:end]


def _apart(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def segments(text: str) -> list[Segment]:
    """The text cut where something becomes a link, for showing it."""
    parts, place = [], 0
    for kind, start, end, target in find(text):
        if start > place:
            parts.append(Segment("text", text[place:start], ""))
        parts.append(Segment(kind, text[start:end], target))
        place = end
    if place < len(text):
        parts.append(Segment("text", text[place:], ""))
    return parts


def byte_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Character offsets as UTF-8 byte offsets."""
    begin = size(text[:start])
    return begin, begin + size(text[start:end])
