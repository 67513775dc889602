"""How X counts a post: 280, in weights (docs.x.com/fundamentals/counting-characters, twitter-text
configuration 3: these ranges weigh one, all else two; an emoji two, a link 23, whatever its
length)."""

import unicodedata

import regex

from app.networks import Count, text

LIMIT = 280
LINK = 23
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))  # code points that weigh one
EMOJI = regex.compile(
    r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[0-9#*]\ufe0f?\u20e3"
)


def weight(words: str) -> int:
    """What the whole text weighs."""
    words = unicodedata.normalize("NFC", words)
    total, place = 0, 0
    for found in text.find(words):
        if found.kind == "link":
            total += _plain(words[place : found.start]) + LINK
            place = found.end
    return total + _plain(words[place:])


def count(words: str, name: str) -> Count:
    used = weight(words)
    if used <= LIMIT:
        return Count(used, LIMIT)
    return Count(
        used,
        LIMIT,
        f"{name} allows {LIMIT} characters; this counts as {used}"
        " (emoji and many scripts count twice, a link 23).",
    )


def _plain(words: str) -> int:
    return sum(_one(grapheme) for grapheme in text.GRAPHEME.findall(words))


def _one(grapheme: str) -> int:
    if EMOJI.search(grapheme):
        return 2
    return sum(1 if _is_light(ord(letter)) else 2 for letter in grapheme)


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in LIGHT)
