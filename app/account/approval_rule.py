"""Whose yes a post needs before it goes out: a setting of the organisation."""

from enum import StrEnum


class ApprovalRule(StrEnum):
    OFF = "off"
    ONE = "one"
    FOUR_EYES = "four_eyes"


class ClientRule(StrEnum):
    """What the yes of a client is worth, who answers by a link and without an account."""

    NOTED = "noted"
    COUNTS = "counts"


CLIENT_WORDS = {
    ClientRule.NOTED: "It is noted: somebody here approves the post afterwards",
    ClientRule.COUNTS: "It counts, if whoever made the link could approve the post themself",
}
WORDS = {
    ApprovalRule.OFF: "Nobody's: what is scheduled goes out",
    ApprovalRule.ONE: "One yes: an approver, an admin or an owner",
    ApprovalRule.FOUR_EYES: "Four eyes: the same, but nobody approves their own",
}
