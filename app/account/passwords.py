"""Which passwords are refused, by name (NIST SP 800-63B 5.1.1.2: length, no composition rules)."""

SHORTEST, LONGEST = 12, 256
CONTEXT_WORDS = ("allstac", "bluesky", "password", "letmein", "qwerty", "123456789")


def refuse(password: str, *about: str) -> str | None:
    """Why this password won't do, or None. `about`: the person's own name, address and such."""
    if len(password) < SHORTEST:
        return f"Use {SHORTEST} characters or more; this has {len(password)}."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters; this has {len(password)}."
    if "\x00" in password:
        return "A password can't hold a NUL character."
    folded = password.lower()
    if len(set(folded)) < 5:
        return "This repeats very few characters. Use a phrase of several words."
    for word in (*CONTEXT_WORDS, *_words_of(about)):
        if word in folded and len(folded) - len(word) < 8:
            return f"“{word}” is easy to guess here. Use words that have nothing to do with you."
    return None


def _words_of(texts: tuple[str, ...]) -> list[str]:
    words = [word for text in texts for word in text.lower().replace("@", " ").split()]
    return [word for word in words if len(word) >= 4]
