"""What only Mastodon asks about a post (docs.joinmastodon.org/methods/statuses)."""

from collections.abc import Mapping
from typing import Any

from app.networks import Option

VISIBILITIES = (
    ("public", "Public"),
    ("unlisted", "Quiet public: not in feeds of the server or in its search"),
    ("private", "Followers only"),
    ("direct", "Only the people it mentions"),
)
LANGUAGES = (
    ("", "As set in your account"),
    *(("ar", "العربية"), ("bg", "Български"), ("ca", "Català"), ("cs", "Čeština")),
    *(("da", "Dansk"), ("de", "Deutsch"), ("el", "Ελληνικά"), ("en", "English")),
    *(("es", "Español"), ("et", "Eesti"), ("eu", "Euskara"), ("fa", "فارسی"), ("fi", "Suomi")),
    *(("fr", "Français"), ("ga", "Gaeilge"), ("gl", "Galego"), ("he", "עברית"), ("hi", "हिन्दी")),
    *(("hr", "Hrvatski"), ("hu", "Magyar"), ("id", "Bahasa Indonesia"), ("is", "Íslenska")),
    *(
        ("it", "Italiano"),
        ("ja", "日本語"),
        ("ko", "한국어"),
        ("lt", "Lietuvių"),
        ("lv", "Latviešu"),
    ),
    *(("nl", "Nederlands"), ("no", "Norsk"), ("pl", "Polski"), ("pt", "Português")),
    *(("ro", "Română"), ("ru", "Русский"), ("sk", "Slovenčina"), ("sl", "Slovenščina")),
    *(("sr", "Српски"), ("sv", "Svenska"), ("th", "ไทย"), ("tr", "Türkçe"), ("uk", "Українська")),
    *(("vi", "Tiếng Việt"), ("zh", "中文")),
)
OPTIONS = (
    Option(
        "visibility", "Who sees it", "choice", choices=VISIBILITIES, default="public", comment=True
    ),
    Option(
        "content_warning",
        "Content warning",
        "text",
        "Shown before the post, which opens when someone wants it. It counts with the text.",
        drawn="cover",
    ),
    Option("sensitive", "Hide pictures and video until someone wants them", "switch"),
    Option("language", "Language of the post", "choice", choices=LANGUAGES, comment=True),
)


def warning(options: Mapping[str, str]) -> str:
    return options.get("content_warning", "").strip()


def body(options: Mapping[str, str]) -> dict[str, Any]:
    """Their part of the request. What is not in the lists is left at the default."""
    visibility, language = options.get("visibility"), options.get("language")
    made: dict[str, Any] = {
        "visibility": visibility if visibility in dict(VISIBILITIES) else "public",
        "sensitive": options.get("sensitive") == "yes",
    }
    if warned := warning(options):
        made["spoiler_text"] = warned
    if language and language in dict(LANGUAGES):
        made["language"] = language
    return made
