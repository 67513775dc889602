"""What every cookie of ours must be like; the test client asks this of each answer."""


def check(set_cookie: list[str], *, is_https: bool) -> None:
    """One name, for this host and path only, out of reach for scripts and for other sites; also
    when it is taken back. Raises AssertionError."""
    assert len(set_cookie) <= 1, set_cookie
    for line in set_cookie:
        pair, *attributes = [part.strip() for part in line.split(";")]
        given = {name.lower(): value for name, _, value in (a.partition("=") for a in attributes)}
        assert pair.partition("=")[0] == ("__Host-allstac" if is_https else "allstac"), line
        assert given.keys() <= {"path", "httponly", "samesite", "secure", "max-age", "expires"}, (
            line
        )
        assert given["path"] == "/", line
        assert given["samesite"] == "Lax", line
        assert "httponly" in given, line
        assert ("secure" in given) is is_https, line
