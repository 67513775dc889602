"""Where a row's posts go: channels by the names that people know them by."""

import re
from collections.abc import Iterable

from app.channels.models import Channel

NO_CHANNEL = "No channel is called {}."
SEVERAL_ARE = "{} is the name of several channels; write it as {}."


def name_of(channel: Channel) -> str:
    """The name in our own files: network and handle, which together are nearly always one."""
    return f"{channel.network}:{channel.handle}"


class Directory:
    """The organisation's channels by all their names."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self.channels = list(channels)
        self.by_name: dict[str, list[Channel]] = {}
        for one in self.channels:
            for name in self._names(one):
                self.by_name.setdefault(name, []).append(one)

    @staticmethod
    def _names(one: Channel) -> set[str]:
        """Exact ones, and the network alone, which will do where there is one channel of it."""
        pairs = (f"{network}:{one.handle}" for network in (one.network, one.network_name))
        return {
            _fold(name) for name in (*pairs, one.handle, one.name, one.network, one.network_name)
        }

    def find(self, name: str) -> Channel | str:
        """The channel, or words why there is none."""
        found = self.by_name.get(_fold(name), [])
        if len(found) > 1:  # one that can be published to goes before others
            found = [one for one in found if one.is_usable] or found
        if not found:
            return NO_CHANNEL.format(_short(name))
        if len(found) > 1:
            return SEVERAL_ARE.format(_short(name), name_of(found[0]))
        return found[0]

    def find_all(self, cell: str) -> tuple[list[Channel], list[str]]:
        """What a cell names: a line each, or with , ; | between; and the words about what is no
        channel."""
        found: dict[int, Channel] = {}
        troubles: list[str] = []
        for line in cell.splitlines():
            whole = self.find(line) if line.strip() else None
            parts = [line] if isinstance(whole, Channel) else re.split(r"[,;|]", line)
            for part in filter(str.strip, parts):
                one = self.find(part)
                if isinstance(one, Channel):
                    found.setdefault(one.id, one)
                else:
                    troubles.append(one)
        return list(found.values()), troubles


def _fold(name: str) -> str:
    head, colon, handle = name.strip().casefold().partition(":")
    return f"{head.strip()}:{handle.strip().lstrip('@')}" if colon else head.lstrip("@").strip()


def _short(name: str) -> str:
    text = " ".join(name.split())
    return text if len(text) <= 40 else f"{text[:40]}…"
