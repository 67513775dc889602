"""The documents that the policy names, made from the data map, the retention rules and the registers.
`flask privacy build` writes them; the build fails when one says something else than the code does."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import MetaData

from app import queue, storage
from app.datamap import Mark, columns, mark
from app.keyed import Keyed
from app.privacy import registers, words
from app.privacy.retention import load_rules

MADE = "Made by `flask privacy build` from the running code; not edited by hand."


def documents(metadata: MetaData) -> dict[Path, str]:
    """Every generated document, by its path."""
    made = {
        "cookie-consent-disclosure": cookies(),
        "data-processing-and-retention-policy": processing(metadata),
        "record-of-processing": record(metadata),
        "data-inventory": inventory(metadata),
    }
    return {registers.FOLDER / f"{name}.md": text for name, text in made.items()}


def build(metadata: MetaData, *, check: bool) -> list[str]:
    """Write them, or only compare; the names of those that differed."""
    stale = []
    for path, text in documents(metadata).items():
        if not path.exists() or path.read_text() != text:
            stale.append(path.name)
            if not check:
                path.write_text(text)
    return stale


def cookies() -> str:
    rows = [
        (
            kept.kind,
            f"`{kept.name}`, over HTTPS `{kept.name_https}`",
            kept.purpose,
            kept.holds,
            kept.lifetime,
            kept.flags,
        )
        for kept in registers.kept_in_browsers()
    ]
    return "\n".join(
        (
            "# Cookies and consent",
            f"\n{MADE}\n",
            "This is all that AllStac keeps in a browser. It is needed to keep you signed in, so no banner"
            " asks about it. A visitor who does not sign in gets nothing at all. No page loads anything"
            " from a third party.\n",
            *table(("Kind", "Name", "What for", "What it holds", "How long", "Flags"), rows),
            "\n## Consent\n",
            "Product analytics leave this instance only where its operator has set up PostHog and only for"
            " people who said yes under *Your privacy*. It is off until then, with `Sec-GPC: 1` it is not"
            " even asked, and saying no again takes as many clicks as saying yes.",
            "Error reports serve reliability only, hold no text and no address, and can be objected to.\n",
        )
    )


def processing(metadata: MetaData) -> str:
    rules = load_rules()
    rows = [(f"`{rule.id}`", rule.period, rule.sentence, _clocks(rule.id)) for rule in rules.rules]
    return "\n".join(
        (
            "# How data are processed and how long they are kept",
            f"\n{MADE} The code reads every period from `docs/policies/retention.toml`.\n",
            "## What is processed, why, and on what legal ground\n",
            *table(("Kind of data", "Purposes", "Legal grounds", "Kept"), _by_category(metadata)),
            "\n## How long\n",
            *table(("Rule", "Period", "In words", "Counted from"), rows),
            f"\n{rules.backup_sentence}",
            "A legal hold keeps what it names for as long as it lasts, and nothing else.\n",
        )
    )


def _clocks(rule: str) -> str:
    found = load_rules()[rule].clocks
    return "; ".join(f"`{c.column}` + {c.days} days: {c.does}" for c in found) or "ends with it"


def _by_category(metadata: MetaData) -> Iterator[tuple[str, ...]]:
    """One row a category: everything that the marks of its columns say."""
    marks = list(_personal(metadata))
    for category in words.CATEGORIES:
        mine = [found for _, found in marks if found.category is category]
        if mine:
            yield (
                words.CATEGORIES[category],
                _join(words.PURPOSES[one.purpose] for one in mine if one.purpose),
                _join(words.BASES[one.basis] for one in mine if one.basis),
                _join(load_rules()[one.retention].period for one in mine if one.retention),
            )


def record(metadata: MetaData) -> str:
    """GDPR art. 30: what we do for ourselves, and what on behalf of organisations."""
    parts = ["# Record of processing (GDPR art. 30)", f"\n{MADE}"]
    for name, is_ours in (("As controller", True), ("As processor, for organisations", False)):
        rows = sorted(
            {
                (
                    words.PURPOSES[found.purpose],
                    words.CATEGORIES[found.category],
                    words.BASES[found.basis],
                )
                for _, found in _personal(metadata)
                if found.purpose and found.basis and found.is_organizations is not is_ours
            }
        )
        parts += [f"\n## {name}\n", *table(("Purpose", "Kind of data", "Legal ground"), rows)]
    recipients = [
        (one.name, one.purpose, one.receives, one.country, one.safeguard)
        for one in registers.providers()
    ]
    parts += [
        "\n## Recipients, where an instance uses them\n",
        *table(("Who", "What for", "What they receive", "Where", "Safeguard"), recipients),
        "\n## Where people direct us to\n",
        *table(
            ("Destination", "When", "What is sent", "Hosts"),
            [(one.name, one.when, one.sends, one.hosts) for one in registers.destinations()],
        ),
        "",
    ]
    return "\n".join(parts)


def inventory(metadata: MetaData) -> str:
    rows = [
        (
            f"`{column}`",
            words.CATEGORIES[found.category],
            found.why,
            found.at_rest,
            load_rules()[found.retention].period if found.retention else "",
        )
        for column, found in _personal(metadata)
    ]
    return "\n".join(
        (
            "# Inventory of personal data",
            f"\n{MADE}\n",
            *table(("Column", "Kind", "Why", "At rest", "Kept"), rows),
            "\n## Columns that hold several things\n",
            *table(("Column", "Keys; no other can be written"), _keyed(metadata)),
            "\n## Files\n",
            *table(("Folder", "What it holds"), storage.FOLDERS.items()),
            "\n## Queue (Redis)\n",
            *table(("Key begins with", "What it holds"), queue.KEYS.items()),
            "",
        )
    )


def _keyed(metadata: MetaData) -> Iterator[tuple[str, str]]:
    for column in columns(metadata):
        if isinstance(column.type, Keyed):
            yield f"`{column}`", ", ".join(f"`{key}`" for key in sorted(column.type.keys)) or "none"


def _personal(metadata: MetaData) -> Iterator[tuple[str, Mark]]:
    for column in sorted(columns(metadata), key=str):
        found = mark(column)
        if found and found.is_personal:
            yield str(column), found


def _join(texts: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
