"""Makes app/static/icons.svg: one sprite from unpacked npm packages (versions in vendor/README.md).

usage: python -m dev.icons LUCIDE SIMPLE_ICONS SIMPLE_ICONS_13   (the folders named `package`)

LinkedIn and Slack left simple-icons after 13; the older version has the same licence."""

import re
import sys
from pathlib import Path

LUCIDE = [
    "alarm-clock",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "arrow-down",
    "arrow-up",
    "ban",
    "copy",
    "eraser",
    "history",
    "user-x",
    "calendar",
    "calendar-clock",
    "calendar-days",
    "check",
    "chart-column",
    "chevron-left",
    "chevron-right",
    "circle-alert",
    "circle-check",
    "circle-help",
    "clock",
    "external-link",
    "eye",
    "file-text",
    "film",
    "image",
    "inbox",
    "info",
    "key-round",
    "layout-list",
    "link",
    "list",
    "log-out",
    "monitor",
    "moon",
    "pencil",
    "plug",
    "plus",
    "refresh-cw",
    "repeat",
    "shuffle",
    "scissors",
    "send",
    "settings",
    "shield-check",
    "sun",
    "trash-2",
    "triangle-alert",
    "unplug",
    "user",
    "users",
    "x",
    "zap",
    "lock",
    "git-branch",
    "circle-dashed",
    "pause",
    "play",
    "heart",
    "hourglass",
    "message-square",
    "stamp",
    "undo-2",
    "tag",
    "repeat",
    "shuffle",
    "download",
    "upload",
    "search",
    "bell",
    "grip-vertical",
    "printer",
    "layout-template",
]
BRANDS = (
    *("bluesky", "discord", "facebook", "ghost", "instagram", "mastodon", "matrix", "pinterest"),
    *("telegram", "threads", "wordpress", "x"),
)
OLD_BRANDS = ("linkedin", "slack")
NEUTRAL = {"nostr": "radio", "webhook": "webhook"}  # networks without a brand mark
RENAMED = {"circle-help": "circle-question-mark"}
SANDBOX = (
    '<symbol id="mark-sandbox" viewBox="0 0 24 24"><path fill="currentColor" d="M4 3h16a2 2 0 0 1 2 2v11a'
    "2 2 0 0 1-2 2h-5.2l-2 3.1a1 1 0 0 1-1.6 0L9.2 18H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Zm3 5.2a1.1 1.1"
    " 0 0 0 0 2.2h10a1.1 1.1 0 0 0 0-2.2H7Zm0 4a1.1 1.1 0 0 0 0 2.2h6a1.1 1.1 0 0 0 0-2.2H7Z"
    '"/></symbol>'
)
LOGO = (
    '<symbol id="logo" viewBox="0 0 32 32"><path fill="currentColor" d="M16 3 29 9.6 16 16.2 3 9.6Z"/>'
    '<path fill="currentColor" opacity=".68" d="m6.3 14.2 9.7 4.9 9.7-4.9L29 16l-13 6.6L3 16Z"/>'
    '<path fill="currentColor" opacity=".42" d="m6.3 20.6 9.7 4.9 9.7-4.9 3.3 1.7L16 29 3 22.3Z"/></symbol>'
)


def lucide(folder: Path, name: str, id: str = "") -> str:
    path = folder / "icons" / f"{name}.svg"
    source = (path if path.exists() else folder / "icons" / f"{RENAMED[name]}.svg").read_text()
    inner = re.search(r"<svg[^>]*>(.*)</svg>", source, re.S)
    assert inner, name
    shapes = re.sub(r"\s+", " ", inner.group(1)).strip()
    return (
        f'<symbol id="{id or name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def brand(folder: Path, name: str) -> str:
    found = re.search(r'<path d="([^"]+)"', (folder / "icons" / f"{name}.svg").read_text())
    assert found, name
    shape = f'<path fill="currentColor" d="{found[1]}"/>'
    return f'<symbol id="mark-{name}" viewBox="0 0 24 24">{shape}</symbol>'


def main() -> None:
    lucide_folder, simple, simple_13 = (Path(folder) for folder in sys.argv[1:4])
    symbols = [LOGO, SANDBOX]
    symbols += [brand(simple, name) for name in BRANDS]
    symbols += [brand(simple_13, name) for name in OLD_BRANDS]
    symbols += [lucide(lucide_folder, shape, f"mark-{name}") for name, shape in NEUTRAL.items()]
    symbols += [lucide(lucide_folder, name) for name in sorted(LUCIDE)]
    body = "\n".join(symbols)
    target = Path(__file__).resolve().parent.parent / "app/static/icons.svg"
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n')


if __name__ == "__main__":
    main()
