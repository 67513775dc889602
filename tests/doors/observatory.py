"""The scoring rules of MDN's HTTP Observatory, written anew from its published table.

Source: github.com/mdn/mdn-http-observatory, `src/grader/charts.js` and `src/analyzer/tests/*.js`,
read on 25 November 2026: the table at a57b50e, the tests at 048ff59. The +10 for
Cross-Origin-Opener-Policy is of a later table (94042bb, as our notes of 23 November 2026 have it;
that file could not be read again).

Penalties first; bonuses count only from 90 on. What needs a scan of the live host is left out and
counts 0: redirection from http, the HSTS preload list, CORS files."""

import re
from collections.abc import Mapping

BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
UNSAFE = {"'unsafe-inline'", "data:"}
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
SIX_MONTHS = 15_552_000
ENOUGH_FOR_EXTRAS = 90


def score(headers: Mapping[str, str], set_cookie: list[str], html: str) -> dict[str, int]:
    """What each test adds or takes; `total` is the score (100 to begin with)."""
    policy = parse(headers.get("Content-Security-Policy", ""))
    marks = {
        "csp": rate_policy(policy),
        "cookies": rate_cookies(set_cookie),
        "frames": 5 if "frame-ancestors" in policy else rate_frames(headers),
        "hsts": rate_hsts(headers.get("Strict-Transport-Security", "")),
        "referrer": rate_referrer(headers.get("Referrer-Policy", "")),
        "sniffing": 0 if headers.get("X-Content-Type-Options") == "nosniff" else -5,
        "resource": rate_resource(headers.get("Cross-Origin-Resource-Policy", "")),
        "opener": rate_opener(headers.get("Cross-Origin-Opener-Policy", "")),
        "cors": -50 if "Access-Control-Allow-Credentials" in headers else 0,
        "integrity": rate_scripts(html),
    }
    total = 100 + sum(mark for mark in marks.values() if mark < 0)
    if total >= ENOUGH_FOR_EXTRAS:
        total += sum(mark for mark in marks.values() if mark > 0)
    return marks | {"total": max(total, 0)}


def parse(policy: str) -> dict[str, set[str]]:
    parts = [part.split() for part in policy.lower().split(";") if part.strip()]
    return {name: set(sources) for name, *sources in parts}


def rate_policy(policy: dict[str, set[str]]) -> int:
    if not policy:
        return -25
    default = policy.get("default-src", {"*"})
    script, style = policy.get("script-src", default), policy.get("style-src", default)
    objects = policy.get("object-src", default)
    images = policy.get("img-src", default) | policy.get("media-src", default)
    active = set().union(*(v for k, v in policy.items() if k not in ("img-src", "media-src")))
    if script & (BROAD | UNSAFE) or objects & BROAD:
        return -20
    if any(source.startswith(("http:", "ftp:")) for source in active):
        return -20
    if "'unsafe-eval'" in script | style:
        return -10
    if any(source.startswith(("http:", "ftp:")) for source in images):
        return -10
    if style & (BROAD | UNSAFE):
        return 0
    return 10 if default == {"'none'"} else 5


def rate_cookies(set_cookie: list[str]) -> int:
    """Ours are session cookies to the rules' eye only by name; we hold all of them to it."""
    marks = [0] if not set_cookie else [5]
    for line in (line.lower() for line in set_cookie):
        flags = {part.strip().partition("=")[0]: part.strip() for part in line.split(";")[1:]}
        if "secure" not in flags:
            marks.append(-40)
        if "httponly" not in flags:
            marks.append(-30)
        if flags.get("samesite") not in ("samesite=lax", "samesite=strict"):
            marks.append(0)
    return min(marks)


def rate_frames(headers: Mapping[str, str]) -> int:
    return 0 if headers.get("X-Frame-Options", "").lower() in ("deny", "sameorigin") else -20


def rate_hsts(value: str) -> int:
    age = re.search(r"max-age=(\d+)", value)
    if not age or "," in value:
        return -20
    return 0 if int(age[1]) >= SIX_MONTHS else -10


def rate_referrer(value: str) -> int:
    if not value:
        return 0
    return 5 if value.split(",")[-1].strip().lower() in PRIVATE else -5


def rate_resource(value: str) -> int:
    return {"same-origin": 10, "same-site": 10, "cross-origin": 0, "": 0}.get(value.lower(), -5)


def rate_opener(value: str) -> int:
    return {"same-origin": 10, "unsafe-none": 0, "": 0}.get(value, -5)


def rate_scripts(html: str) -> int:
    """All scripts are of this host, or the page has none; more when they carry a hash."""
    scripts = re.findall(r"<script[^>]*>", html)
    foreign = [tag for tag in scripts if re.search(r'src="(https?:)?//', tag)]
    if foreign:
        return -50
    return 5 if any("integrity=" in tag for tag in scripts) else 0
