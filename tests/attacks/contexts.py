"""Where a text may stand in a page that forgets to escape it, and what may have decoded it before. In one of
these each payload does what it is for; a payload that did nothing anywhere would prove nothing."""

import base64
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

CONTEXTS = (
    "<p>{}</p>", '<p title="{}">x</p>', "<p title='{}'>x</p>", "<p title={}>x</p>", '<a href="{}">x</a>',
    "<textarea>{}</textarea>", "<title>{}</title>", "<script src=/x>{}</script>", "<noembed>{}</noembed>",
    "<!-- {} -->", "<select><option>{}</option></select>", "<svg><text>{}</text></svg>",
    "<math><mtext>{}</mtext></math>", "<noframes>{}</noframes>", "<noscript>{}</noscript>", "<xmp>{}</xmp>",
    "<button>{}</button>", "<template>{}</template>",
)  # fmt: skip


def _escapes(text: str) -> str:
    return re.sub(r"\\(?:u00|x)([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)


def _base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except ValueError:
        return text


DECODERS: tuple[Callable[[str], str], ...] = (
    html.unescape,
    lambda text: html.unescape(html.unescape(text)),
    unquote,
    lambda text: unquote(unquote(text)),
    _escapes,
    lambda text: unicodedata.normalize("NFKC", text),
    lambda text: text.replace("+ADw-", "<").replace("+AD4-", ">"),
    _base64,
    lambda text: text.strip().strip("\ufeff"),
)


def documents(text: str) -> Iterator[str]:
    """As it is in each place."""
    yield from (context.replace("{}", text) for context in CONTEXTS)


def decoded(text: str) -> Iterator[str]:
    """As it is after each decoding that changes it, in each place."""
    for decode in DECODERS:
        if (found := decode(text)) != text:
            yield from documents(found)
