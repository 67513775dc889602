"""What a request about privacy can be, and how each is called in front of people."""

from enum import StrEnum


class Kind(StrEnum):
    ACCESS = "access"
    EXPORT = "export"
    CORRECTION = "correction"
    DELETION = "deletion"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    COMPLAINT = "complaint"
    CHILD = "child"
    OTHER = "other"


KINDS = {
    Kind.ACCESS: "See what is held about me",
    Kind.EXPORT: "Take my data elsewhere",
    Kind.CORRECTION: "Correct something",
    Kind.DELETION: "Delete my data",
    Kind.RESTRICTION: "Restrict what is done with it",
    Kind.OBJECTION: "Object to something",
    Kind.COMPLAINT: "Complain about how data are handled",
    Kind.CHILD: "A child's data",
    Kind.OTHER: "Something else",
}


class State(StrEnum):
    RECEIVED = "received"
    IDENTITY_PENDING = "identity_pending"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPEALED = "appealed"


STATES = {
    State.RECEIVED: "Received",
    State.IDENTITY_PENDING: "Waits for your confirmation",
    State.OPEN: "Waits for us",
    State.IN_PROGRESS: "Being worked on",
    State.ANSWERED: "Answered",
    State.REFUSED: "Refused, with reasons",
    State.WITHDRAWN: "Withdrawn",
    State.APPEALED: "Looked at again",
}
UNVERIFIED = (State.RECEIVED, State.IDENTITY_PENDING)
ACTIVE = (State.OPEN, State.IN_PROGRESS, State.APPEALED)
OVER = (State.ANSWERED, State.REFUSED, State.WITHDRAWN)

# Nothing else moves. An answer to an appeal is the last word here; the authority comes after it.
MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.IDENTITY_PENDING, State.OPEN, State.WITHDRAWN}),
    State.IDENTITY_PENDING: frozenset({State.OPEN, State.WITHDRAWN}),
    State.OPEN: frozenset({State.IN_PROGRESS, State.WITHDRAWN}),
    State.IN_PROGRESS: frozenset({State.ANSWERED, State.REFUSED, State.WITHDRAWN}),
    State.ANSWERED: frozenset({State.APPEALED}),
    State.REFUSED: frozenset({State.APPEALED}),
    State.WITHDRAWN: frozenset(),
    State.APPEALED: frozenset({State.ANSWERED}),
}


class Source(StrEnum):
    ACCOUNT = "account"
    FORM = "form"
    MAIL = "mail"
    META = "meta"


SOURCES = {
    Source.ACCOUNT: "the settings of an account",
    Source.FORM: "the public form",
    Source.MAIL: "the mailbox",
    Source.META: "Meta, for somebody who used our app there",
}


class Proof(StrEnum):
    """How it was shown that the request is the person's own; the weakest last."""

    SIGN_IN = "sign_in"
    SIGNATURE = "signature"
    BY_HAND = "by_hand"
    LINK = "link"


PROOFS = {
    Proof.SIGN_IN: "signed in to the account within the last quarter of an hour",
    Proof.SIGNATURE: "signed by the network",
    Proof.BY_HAND: "looked at by one of us",
    Proof.LINK: "pressed the link that went to the address",
}


class Refusal(StrEnum):
    """The reasons that the law knows; there is no other."""

    NOT_PROVEN = "not_proven"
    ORGANIZATION = "organization"
    LEGAL_DUTY = "legal_duty"
    LEGAL_CLAIM = "legal_claim"
    OTHERS_RIGHTS = "others_rights"
    EXCESSIVE = "excessive"
    ACCURATE = "accurate"
    GROUNDS = "grounds"


REFUSALS = {
    Refusal.NOT_PROVEN: "We could not tell that the data are yours (GDPR art. 11 and 12(2)).",
    Refusal.ORGANIZATION: "An organisation decides about these data; we hold them on its behalf"
    " and have passed your request on to it (art. 28(3)(e)).",
    Refusal.LEGAL_DUTY: "A law obliges us to keep these data until a date (art. 17(3)(b)).",
    Refusal.LEGAL_CLAIM: "The data are needed for a legal claim (art. 17(3)(e)).",
    Refusal.OTHERS_RIGHTS: "It would give away what belongs to other people (art. 15(4)).",
    Refusal.EXCESSIVE: "The same was asked and answered a short time ago (art. 12(5)).",
    Refusal.ACCURATE: "What we hold is right as far as we can tell (art. 16); your statement is"
    " noted beside it.",
    Refusal.GROUNDS: "There are compelling grounds that outweigh the objection (art. 21(1)).",
}


class Extension(StrEnum):
    """GDPR art. 12(3) knows two reasons for more time."""

    COMPLEX = "complex"
    MANY = "many"


EXTENSIONS = {
    Extension.COMPLEX: "The request is complex.",
    Extension.MANY: "You made several requests at once.",
}
