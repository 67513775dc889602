"""Whose yes a post needs before it goes out: a setting of the organisation."""

from enum import StrEnum


class ApprovalRule(StrEnum):
    OFF = "off"
    ONE = "one"
    FOUR_EYES = "four_eyes"


WORDS = {
    ApprovalRule.OFF: "Nobody's: what is scheduled goes out",
    ApprovalRule.ONE: "One yes: an approver, an admin or an owner",
    ApprovalRule.FOUR_EYES: "Four eyes: the same, but nobody approves their own",
}
