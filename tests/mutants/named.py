"""Conditions whose loss the doors do not notice, and the test that does: most hold a row to a person among
rows that the matrix has one of, or stand in jobs. A condition that is new and unnoticed fails the long form."""

import tomllib
from pathlib import Path

NAMED = {
    condition: test
    for test, held in tomllib.loads(Path(__file__).with_suffix(".toml").read_text()).items()
    for condition in held["notices"]
}
# What it asks for is so without it.
SAME_ROW = (
    "`say` reads id and organisation from one row of the channel, and the id is its primary key"
)
EQUIVALENT = {
    "privacy/erasures.py owned_alone: Membership.user_id == user.id": "keeps the walk to a person's own"
    " organisations; one of other owners is never left alone by somebody who is none of them",
    "publishing/farewell.py _erase: channel.organization_id == organization_id": SAME_ROW,
    "publishing/farewell.py _forget_account: channel.organization_id == organization_id": SAME_ROW,
}
