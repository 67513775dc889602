"""LinkedIn's "little" text: what stands unescaped in a post's commentary is markup, and where it makes
no sense the post is cut off there without a word
(learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format)."""

import regex

from app.networks import text

ANY = regex.compile(r"[\\|{}@\[\]()<>#*_~]")
ESCAPED = regex.compile(r"\\([\\|{}@\[\]()<>#*_~])")
TAG = regex.compile(r"\{hashtag\|\\?([#＃])\|((?:[^|{}\\]|\\.)*)\}")
MENTION = regex.compile(r"(?<!\\)@\[((?:[^\]\\]|\\.)*)\]\(urn:li:[^)]*\)")


def escape(words: str) -> str:
    """The commentary that shows exactly these words; hashtags stay links."""
    made, place = [], 0
    for found in text.find(words):
        if found.kind == "tag" and not ANY.search(found.target):
            made.append(_plain(words[place : found.start]))
            sign = words[found.start].replace("#", "\\#")  # as LinkedIn itself writes it
            made.append(f"{{hashtag|{sign}|{found.target}}}")
            place = found.end
    return "".join(made) + _plain(words[place:])


def unescape(commentary: str) -> str:
    """The words that a commentary shows."""
    commentary = TAG.sub(r"\1\2", commentary)
    commentary = MENTION.sub(lambda name: name.group(1), commentary)
    return ESCAPED.sub(r"\1", commentary)


def _plain(words: str) -> str:
    return ANY.sub(lambda one: "\\" + one.group(), words)
