"""Servers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.networks import hosts


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("social.example", "https://social.example"),
        (" Social.Example/ ", "https://social.example"),
        ("https://social.example/@me?x=1#y", "https://social.example"),
        ("social.example/@me", "https://social.example"),
        ("@me@social.example", "https://social.example"),
        ("me@social.example", "https://social.example"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("so\u200bcial.example", "https://social.example"),
        ("javascript://social.example", ""),
        ("https://me:secret@social.example", ""),
        ("https://social.example:99999", ""),
        ("http://[::bad", ""),
        ("https://", ""),
        ("", ""),
    ],
)
def test_a_server_is_made_a_base_address(typed: str, base: str) -> None:
    assert hosts.clean(typed) == base


@given(st.text(max_size=80))
def test_nothing_that_is_typed_breaks_it(typed: str) -> None:
    made = hosts.clean(typed)
    assert made == "" or made.startswith(("https://", "http://"))
