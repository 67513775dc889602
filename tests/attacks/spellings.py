"""The many ways to write an address that must not be reached. No list of others is copied here: each
way is a rule (RFC 4291, 6052, 3056, 4380, 2765; inet_aton's forms; IDNA's mapping), applied to each."""

import random
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

INSIDE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "198.18.0.1", "192.0.0.170", "100.100.100.200",
]  # fmt: skip
"""Loopback, private, link-local, cloud metadata, carrier NAT, this host, benchmarks, IETF."""

SINGLE = [
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1",
    "203.0.113.1", "192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "192.0.0.9", "[::1]",
    "[::]", "[::2]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[fe80::1]",
    "[fe80::1%25lo]", "[fe80::1%lo]", "[fe80::1%251]", "[FE80::A9FE:A9FE%25eth0]", "[fc00::1]", "[fd00::1]",
    "[fd00:ec2::254]", "[fdff:ffff::1]", "[fec0::1]", "[feff::1]", "[ff02::1]", "[ff05::1:3]", "[ff0e::1]",
    "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]",
    "[2001:3::1]", "[2001:4:112::1]", "[2620:4f:8000::1]", "[3ffe::1]", "[4000::1]", "[1000::1]",
    "[e000::1]", "[64:ff9b:1:fffe::1]",
]  # fmt: skip

NAMES = [
    "localhost", "LOCALHOST", "localhost.", "LocalHost..", "localhost.localdomain", "ip6-localhost",
    "ip6-loopback", "a.localhost", "metadata", "metadata.google.internal", "metadata.goog", "instance-data",
    "kubernetes.default.svc", "redis.internal", "db.internal", "router.local", "intranet.corp",
    "host.docker.internal", "gateway.docker.internal", "127.0.0.1.nip.test", "localtest.test", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ", "loca\u00adlhost", "local\u200dhost", "localhost%00.example.com",
    "localhost%2eexample.com", "localhost\\@example.com", "localhost#@example.com",
    "localhost?@example.com", "example.com@localhost", "user:pass@localhost", "user@127.0.0.1",
    ":@127.0.0.1", "example.com:443@127.0.0.1", "[::1]@127.0.0.1", "127.0.0.1:443\\@example.com",
    "xn--80ak6aa92e.internal",
]  # fmt: skip

WRITTEN = [
    "http://{}/", "HTTP://{}/", "ftp://{}/", "gopher://{}:70/_x", "file://{}/etc/passwd",
    "dict://{}:11211/stats", "ldap://{}/", "ws://{}/", "wss://{}/", "unix://{}/", "data:text/plain,{}",
    "javascript:{}", "//{}/", "///{}/", "{}", "https:{}", "https:/{}", "https:///{}", "https:\\\\{}",
    "https://{}:22/", "https://{}:5432/", "https://{}:6379/", "https://{}:0/", "https://{}:65536/",
    "https://{}:443443/", "https://{}:-1/", "https://{}:４４３/", "https://{}:80 /", " https://{}/",
    "https://{}\t/", "https://{}\r\nHost: x/", "https://{}/\r\nX: y", "ht\ntps://{}/", "https://{} /",
    "jar:https://{}!/", "https://{}%23/", "https://{}%2f/", "https://\x00{}/", "url:https://{}/",
    "https://[{}]/",
]  # fmt: skip
"""Whole addresses around a host: other schemes, ports, white space, line ends."""


def octal(number: int) -> str:
    return f"0{number:o}"


def parts(address: IPv4Address) -> list[int]:
    return list(address.packed)


def words(address: IPv4Address) -> str:
    high, low = int(address) >> 16, int(address) & 0xFFFF
    return f"{high:x}:{low:x}"


def in_digits(text: str, zero: int) -> str:
    """The same digits from another script (IDNA maps them to ours)."""
    return "".join(chr(zero + int(c)) if c.isdigit() else c for c in text)


def teredo(address: IPv4Address) -> str:
    """The client's address stands inverted at the end (RFC 4380 4)."""
    return f"[2001:0:4136:e378:8000:63bf:{words(IPv4Address(int(address) ^ 0xFFFFFFFF))}]"


WAYS: dict[str, Callable[[IPv4Address], str]] = {
    "plain": str,
    "decimal": lambda a: str(int(a)),
    "octal": lambda a: octal(int(a)),
    "hex": lambda a: f"0x{int(a):x}",
    "HEX": lambda a: f"0X{int(a):08X}",
    "octal parts": lambda a: ".".join(octal(n) for n in parts(a)),
    "long octal parts": lambda a: ".".join(f"000{n:o}" for n in parts(a)),
    "hex parts": lambda a: ".".join(f"0x{n:x}" for n in parts(a)),
    "mixed parts": lambda a: "0x{:x}.{}.0{:o}.{}".format(*parts(a)),
    "two parts": lambda a: f"{parts(a)[0]}.{int(a) & 0xFFFFFF}",
    "three parts": lambda a: "{}.{}.{}".format(*parts(a)[:2], int(a) & 0xFFFF),
    "hex and the rest": lambda a: f"0x{parts(a)[0]:x}.{int(a) & 0xFFFFFF}",
    "padded": lambda a: ".".join(f"{n:03}" for n in parts(a)),
    "final dot": lambda a: f"{a}.",
    "full-width dots": lambda a: str(a).replace(".", "．"),
    "ideographic dots": lambda a: str(a).replace(".", "。"),
    "half-width dots": lambda a: str(a).replace(".", "｡"),
    "full-width digits": lambda a: in_digits(str(a), 0xFF10),
    "mathematical digits": lambda a: in_digits(str(a), 0x1D7D8),
    "escaped": lambda a: "".join(f"%{ord(c):02x}" for c in str(a)),
    "overflown": lambda a: "{}.{}.{}.{}".format(parts(a)[0] + 256, *parts(a)[1:]),
    "mapped": lambda a: f"[::ffff:{a}]",
    "mapped words": lambda a: f"[::ffff:{words(a)}]",
    "mapped in full": lambda a: f"[0:0:0:0:0:FFFF:{words(a).upper()}]",
    "compatible": lambda a: f"[::{a}]",
    "compatible words": lambda a: f"[::{words(a)}]",
    "translated": lambda a: f"[::ffff:0:{words(a)}]",
    "NAT64": lambda a: f"[64:ff9b::{words(a)}]",
    "NAT64 dotted": lambda a: f"[64:ff9b::{a}]",
    "local NAT64": lambda a: f"[64:ff9b:1::{words(a)}]",
    "6to4": lambda a: f"[2002:{words(a)}::1]",
    "Teredo": teredo,
    "Teredo's server": lambda a: f"[2001:0:{words(a)}::1]",
}


def fixed() -> list[str]:
    """Every way for every inside address, and those that stand for themselves. Always the same."""
    spelled = [way(IPv4Address(inside)) for inside in INSIDE for way in WAYS.values()]
    return [*dict.fromkeys([*spelled, *SINGLE, *NAMES])]


def generated(seed: int, count: int) -> list[str]:
    """Random addresses from inside, each in a random way; for IPv6 in random notation."""
    chance = random.Random(seed)
    return [_one(chance) for _ in range(count)]


V4_INSIDE = [
    ("127.0.0.0", 8), ("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("169.254.0.0", 16),
    ("100.64.0.0", 10), ("0.0.0.0", 8), ("198.18.0.0", 15), ("192.0.0.0", 24), ("224.0.0.0", 4),
    ("240.0.0.0", 4), ("192.88.99.0", 24),
]  # fmt: skip
V6_INSIDE = [
    ("fc00::", 7), ("fe80::", 10), ("fec0::", 10), ("ff00::", 8), ("::", 96), ("64:ff9b::", 96),
    ("2001:db8::", 32), ("2002::", 16), ("2001::", 32), ("100::", 64), ("5f00::", 16), ("4000::", 2),
    ("8000::", 1), ("::ffff:0:0:0", 96),
]  # fmt: skip


def _one(chance: random.Random) -> str:
    base, bits = chance.choice(V4_INSIDE if chance.random() < 0.6 else V6_INSIDE)
    network = ip_address(base)
    wide = network.max_prefixlen - bits
    address = ip_address(network.packed)
    address = type(address)(int(network) | chance.getrandbits(wide))
    if isinstance(address, IPv6Address):
        return (
            f"[{chance.choice((address.compressed, address.exploded, address.exploded.upper()))}]"
        )
    return chance.choice(list(WAYS.values()))(address)
