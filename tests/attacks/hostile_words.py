"""What is typed into fields by somebody who means harm, or by a program gone wrong."""

import random

INJECTED = "X-Injected"
SECRET_SUM = str(7919 * 7907)  # what a template or a database would make of the sum below
SUM = "7919*7907"

TEXTS = [
    "",
    " " * 50,
    "\x00",
    "a\x00b",
    "\x00" * 2000,
    "\u202egnp.exe",
    "\ufeff\u200b\u2060",
    "Z" + "\u0334\u0317\u0356" * 300,
    "👩‍👩‍👧‍👦" * 500,
    "－１",
    "ﷺ" * 1000,
    "\r\n" * 500,
    f"x\r\n{INJECTED}: 1",
    f"x%0d%0a{INJECTED}:%201",
    f"x\n{INJECTED}: 1\n\n<html>",
    f"\u560a\u560d{INJECTED}: 1",
    '\n{"event": "forged", "level": "info"}',
    "\x1b[2J\x1b[31mred",
    "%s%s%s%n%x",
    "%(secret_key)s",
    "{0.__class__.__mro__}",
    "{{" + SUM + "}}",
    "{%print(" + SUM + ")%}",
    "${" + SUM + "}",
    "#{" + SUM + "}",
    "<%= " + SUM + " %>",
    "{{config}}",
    "{{cycler.__init__.__globals__.os.popen('id').read()}}",
    "'",
    '"',
    "\\",
    "' OR 1=1 --",
    '\'; DROP TABLE "user"; --',
    "1); DELETE FROM post; --",
    '\' UNION SELECT password_hash FROM "user" --',
    "' AND (SELECT 1 FROM pg_sleep(3)) IS NOT NULL --",
    "1 AND 1=randomblob(900000000)",
    "%' ESCAPE '!",
    "$$; SELECT 1",
    "../../../../etc/passwd",
    "..\\..\\wsgi.py",
    "/etc/passwd%00.png",
    "file:///etc/passwd",
    "http://127.0.0.1:5432/",
    "//evil.example/",
    "//[",
    "http://[::1",
    "javascript:alert(1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--",
    "]]>",
    "&#x3c;&lt;&amp;",
    "|id",
    "$(id)",
    "`id`",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "*)(uid=*))(|(uid=*",
    'O:8:"stdClass":0:{}',
    "!!python/object/apply:os.system ['id']",
    ")" * 20_000,
    "https://a.example/" + ")" * 20_000,
    "#" * 20_000,
    "@a." * 7000,
    "a." * 10_000,
    "a-" * 10_000,
    "e\u0301" * 10_000,
    "x" * 300_000,
    "😀" * 60_000,
]
NUMBERS = [
    "0", "-0", "-1", "1", "00001", "1.0", "1e9", "1e400", "NaN", "nan", "Infinity", "-inf", "0x10", "0b1",
    "1_000", " 1 ", "+1", "١٢", "²", "½", "2147483647", "2147483648", "4294967296", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "1" + "0" * 5000, "true", "null",
    "None",
]  # fmt: skip
DATES = [
    "0000-00-00T00:00", "0000-01-01", "0001-01-01T00:00", "9999-12-31T23:59", "10000-01-01T00:00",
    "2026-02-30T10:00", "2026-13-01T10:00", "2026-11-24T24:00", "2026-11-24T23:60", "2026-03-29T02:30",
    "2026-10-25T02:30", "-2026-11-24T10:00", "2026-11-24", "2026-W48-2", "2026-329", "2026-11-24T10:00Z",
    "2026-11-24T10:00+99:99", "tomorrow", "1969-12-31T23:59", "２０２６-11-24T10:00",
    "2026-11-24T10:00:00.1234567", "0000-00", "9999-12", "0001-01", "2026-00", "2026-1",
    "292278994-08-17T07:12",
]  # fmt: skip
SHAPES = [
    "[]", "{}", "[1,2]", '{"a":1}', '{"text":5}', '{"text":{"a":[]}}', '{"text":["\\ud800"]}', "[" * 30_000,
    '{"a":' * 5000, '{"text":["x\\u0000"], "due_at": "soon", "channels": 7}', '{"__proto__":{"a":1}}', '"',
    "{", '{"due_at":["\\ud83d"],"text":["t"],"channels":["\\u0000"],"nonce":["\\u0000"]}', '{"a":NaN}',
    '{"a":1e999}', '{"text":[null]}', '{"text":[["x"]]}', '{"text":"plain"}',
    '{"when":["at"],"due_at":["9999-12-31T23:59"]}',
]  # fmt: skip
MARK = "mass-assigned"
MASS = {
    "id": "1", "user_id": "1", "organization_id": "1", "workspace_id": "1", "author_id": "1",
    "member_id": "1", "role": "owner", "is_operator": "y", "is_admin": "1", "admin": "true",
    "permission": "self", "state": "published", "status": "published", "approved_hash": MARK,
    "approved_at": "2026-01-01T00:00", "content_hash": MARK, "email_verified_at": "2026-01-01T00:00",
    "password_hash": MARK, "token_hash": MARK, "created_at": "2020-01-01T00:00",
    "updated_at": "2020-01-01T00:00", "expires_at": "2099-01-01T00:00", "accepted_policy": "none",
    "price_id": "p", "plan": "enterprise", "trial_ends_at": "2099-01-01T00:00", "external_id": MARK,
    "external_url": "https://e.example/", "remote_key": MARK, "lease_token": "99", "hold": "", "late": "0",
    "age_passed_at": "2020-01-01T00:00", "inviter_id": "1", "connected_by_id": "1", "sealed": MARK,
    "sha256": MARK, "storage_key": MARK, "_user_id": "2", "user": "2", "organization.name": "Mine",
    "user.is_operator": "1", "member[role]": "owner", "__class__": MARK,
}  # fmt: skip
EVERYTHING = [*TEXTS, *NUMBERS, *DATES, *SHAPES]


def some(chance: random.Random) -> str:
    """One hostile text; now and then two stuck together, or random characters."""
    roll = chance.random()
    if roll < 0.75:
        return chance.choice(EVERYTHING)
    if roll < 0.88:
        return chance.choice(TEXTS)[:500] + chance.choice(EVERYTHING)[:500]
    return "".join(chr(_character(chance)) for _ in range(chance.randrange(1, 60)))


def _character(chance: random.Random) -> int:
    """Any character that UTF-8 can carry."""
    code = chance.choice(
        (chance.randrange(0x100), chance.randrange(0x10000), chance.randrange(0x110000))
    )
    return 0xFFFD if 0xD800 <= code <= 0xDFFF else code
