"""A post as HTML, for networks that take that: paragraphs, line breaks and links, all else escaped."""

from html import escape

import regex

from app.networks import text

TITLE = 120  # characters of a first line that can be a title


def paragraphs(words: str) -> str:
    """An empty line ends a paragraph, a single line break stays one."""
    parts = regex.split(r"\n[^\S\n]*\n\s*", words.replace("\r\n", "\n").strip())
    return "".join(f"<p>{inline(part)}</p>" for part in parts if part)


def inline(words: str) -> str:
    made = ""
    for kind, said, target in text.segments(words):
        shown = escape(said, quote=False).replace("\n", "<br>")
        made += f'<a href="{escape(target)}">{shown}</a>' if kind == "link" else shown
    return made


def titled(words: str, title: str = "") -> tuple[str, str]:
    """Title and what stands under it: the title that was typed, else the first line, which then
    leaves the text; of a single line the title is its beginning and the text stays whole."""
    words = words.replace("\r\n", "\n").strip()
    if title.strip():
        return title.strip(), words
    first, _, rest = words.partition("\n")
    if rest.strip() and len(first) <= TITLE:
        return first.strip(), rest.strip()
    return shorten(first), words


def shorten(line: str) -> str:
    """At most `TITLE` characters, cut between words."""
    if len(line) <= TITLE:
        return line.strip()
    return line[: TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
