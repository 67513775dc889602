"""Which passwords are refused, by name (NIST SP 800-63B 5.1.1.2: length, no composition rules)."""

import re
import string
from functools import lru_cache

SHORTEST, LONGEST = 12, 256
CONTEXT_WORDS = ("allstac", "bluesky", "password", "letmein", "qwerty", "123456789")
ENOUGH = 8  # so many characters beside a word that is easy to guess make it hard again
AROUND = string.digits + string.punctuation + string.whitespace
LEET = [
    str.maketrans("01345789@$!|+", "o" + one + "eastbgas" + one + one + "t") for one in ("i", "l")
]


def refuse(password: str, *about: str) -> str | None:
    """Why this password won't do, or None. `about`: the person's own name, address and such."""
    if len(password) < SHORTEST:
        return f"Use {SHORTEST} characters or more; this has {len(password)}."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters; this has {len(password)}."
    if "\x00" in password:
        return "A password can't hold a NUL character."
    if len(set(password.lower())) < 5:
        return "This repeats very few characters. Use a phrase of several words."
    for word in (*CONTEXT_WORDS, *_words_of(about)):
        if len(password) - len(word) < ENOUGH and any(word in text for text in _plain(password)):
            return f"“{word}” is easy to guess here. Use words that have nothing to do with you."
    if core := _common_core(password):
        return f"“{core}” is among the most common passwords, also when decorated. Use a phrase."
    return None


def _words_of(texts: tuple[str, ...]) -> list[str]:
    words = [word for text in texts for word in re.split(r"[\W_]+", text.lower())]
    return [word for word in words if len(word) >= 4]


def _plain(password: str) -> list[str]:
    """Without capitals, and with figures and signs read as the letters that they stand for."""
    folded = password.lower()
    return [folded, *(folded.translate(letters) for letters in LEET)]


def _common_core(password: str) -> str | None:
    """The common password that this one is, but for figures and signs around it or a repetition."""
    folded = password.lower()
    for bare in (folded, folded.rstrip(AROUND), folded.lstrip(AROUND), folded.strip(AROUND)):
        for core in (bare, *(bare.translate(letters) for letters in LEET)):
            for word in (core, _repeated(core)):
                if word in common() and _is_only_decorated(folded, bare):
                    return word
    return None


def _is_only_decorated(password: str, bare: str) -> bool:
    before, _, after = password.partition(bare)
    return len(before + after) <= ENOUGH or (before + after) in common()


def _repeated(text: str) -> str:
    """'herons' for 'heronsherons'."""
    found = re.fullmatch(r"(.{3,}?)\1+", text)
    return found[1] if found else text


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """The 30,000 passwords that people choose most; see docs/dependencies.md."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
