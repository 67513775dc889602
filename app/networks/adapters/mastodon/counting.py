"""Characters as Mastodon counts them: every link the same, mentions without their server
(docs.joinmastodon.org/user/posting; the server's StatusLengthValidator)."""

import regex

from app.networks import text

USER = r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*"
MENTION = regex.compile(rf"(?<![=/\w])@({USER})@\w+(?:[.-]+\w+)*", regex.IGNORECASE)


def characters(words: str, link: int) -> int:
    """Graphemes, with `link` for each link; only those that name their scheme are links there."""
    short, place = [], 0
    for found in text.find(words):
        if found.kind == "link" and words[found.start : found.end] == found.target:
            short += [words[place : found.start], "x" * link]
            place = found.end
    short.append(words[place:])
    return text.graphemes(MENTION.sub(r"@\1", "".join(short)))
