"""Keys of Nostr: bech32 spellings (BIP-173, NIP-19) and what belongs to a secret key (BIP-340)."""

import secrets

from coincurve import PublicKeyXOnly

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def new_nsec() -> str:
    return encode("nsec", (1 + secrets.randbelow(ORDER - 1)).to_bytes(32, "big"))


def secret(typed: str) -> str | None:
    """The 32 bytes of a secret key in hex, from an nsec or from hex; None when it is none."""
    typed = typed.strip()
    raw = decode("nsec", typed)
    if raw is None and len(typed) == 64:
        try:
            raw = bytes.fromhex(typed)
        except ValueError:
            return None
    if raw is None or len(raw) != 32 or not 0 < int.from_bytes(raw, "big") < ORDER:
        return None
    return raw.hex()


def public(secret_hex: str) -> str:
    """The public key of a secret one, both in hex."""
    return PublicKeyXOnly.from_secret(bytes.fromhex(secret_hex)).format().hex()


def encode(kind: str, raw: bytes) -> str:
    """bech32 of NIP-19: `kind` is npub, nsec, nevent."""
    data = _regroup(raw, 8, 5, pad=True)
    assert data is not None
    check = _polymod(_spread(kind) + data + [0] * 6) ^ 1
    tail = [(check >> 5 * (5 - place)) & 31 for place in range(6)]
    return kind + "1" + "".join(ALPHABET[value] for value in data + tail)


def decode(kind: str, spelled: str) -> bytes | None:
    """The bytes of a bech32 text of that kind; None when it is another or was mistyped."""
    low = spelled.lower()
    head, _, tail = low.rpartition("1")
    if head != kind or spelled not in (low, spelled.upper()):
        return None
    data = [ALPHABET.find(letter) for letter in tail]
    if len(data) < 6 or -1 in data or _polymod(_spread(kind) + data) != 1:
        return None
    raw = _regroup(bytes(data[:-6]), 5, 8, pad=False)
    return None if raw is None else bytes(raw)


def nevent(id: str, author: str, relay: str) -> str:
    """Where an event can be found: TLV of id (0), relay (1) and author (2), as NIP-19 has it."""
    parts = ((0, bytes.fromhex(id)), (1, relay.encode()[:255]), (2, bytes.fromhex(author)))
    return encode("nevent", b"".join(bytes([kind, len(raw)]) + raw for kind, raw in parts if raw))


def _spread(kind: str) -> list[int]:
    return [ord(letter) >> 5 for letter in kind] + [0] + [ord(letter) & 31 for letter in kind]


def _polymod(values: list[int]) -> int:
    sum = 1
    for value in values:
        top = sum >> 25
        sum = (sum & 0x1FFFFFF) << 5 ^ value
        for place, part in enumerate(GENERATOR):
            sum ^= part if top >> place & 1 else 0
    return sum


def _regroup(raw: bytes, have: int, want: int, *, pad: bool) -> list[int] | None:
    """Bits of groups of one size in groups of another; None when the rest is no padding."""
    held, bits, made = 0, 0, []
    for value in raw:
        held, bits = held << have | value, bits + have
        while bits >= want:
            bits -= want
            made.append(held >> bits & (1 << want) - 1)
            held &= (1 << bits) - 1
    if pad:
        return made + ([held << want - bits & (1 << want) - 1] if bits else [])
    return None if bits >= have or held else made
