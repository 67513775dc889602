"""What to do with a request, for somebody who knows no privacy law."""

from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind, State

BY_HAND: dict[Kind, tuple[str, ...]] = {
    Kind.ACCESS: (
        "With an account: the copy under Privacy, Take a copy, has everything. Make sure it was made.",
        "Without one: look for the address among invitations, support messages and earlier requests.",
        "Say what is held, why, on what ground, until when, who receives it, and where it came from.",
        "Leave out what belongs to other people. When nothing is held, say just that.",
    ),
    Kind.EXPORT: (
        "With an account: the copy under Privacy is the answer; it opens without us.",
        "Without one: send what belongs to the address as a file that other software reads.",
    ),
    Kind.CORRECTION: (
        "Name, address and settings: the person changes them under Account. Say where.",
        "What they can't change: change it, and tell whoever received the wrong data.",
        "What must stay as it was, like the audit trail: note their statement beside it.",
        "Not sure that it is wrong? Restrict its use until you know.",
    ),
    Kind.DELETION: (
        "Is there a legal hold, an open invoice, or a duty to keep something? That part stays, with"
        " its ground and its date; the rest goes.",
        "With an account: deletion under Privacy shows what will go before it goes.",
        "From a network: look for channels of this network's user; disconnect them, keys and all.",
        "Without an account: delete invitations, support messages and reports of the address.",
        "Say what went, what stayed, why, and until when.",
    ),
    Kind.RESTRICTION: (
        "Stop everything but storing: no publishing through their channels, no mails, no analysis.",
        "Say what is stopped, and that you will tell them before it starts again.",
    ),
    Kind.OBJECTION: (
        "Stop what they object to at once; think afterwards.",
        "Direct mail: stop for good, no reason counts.",
        "Security logs: they may go on if you can say why they outweigh the objection.",
    ),
    Kind.COMPLAINT: (
        "Read it twice. What should have happened, and did not?",
        "Did data get lost or into wrong hands? Then open an incident: the 72 hours run.",
        "Say what you found, what you changed, and which authority they can go to.",
    ),
    Kind.CHILD: (
        "A child under 13 has an account? Restrict it now, delete it within 48 hours.",
        "Speak with a parent through this request only; ask for no papers.",
        "Say what was held and that it is gone.",
    ),
    Kind.OTHER: (
        "What do they want? If it is one of the kinds, treat it as that one.",
        "Is it about an organisation's content? Pass it to the organisation's owners, and say so.",
    ),
}
NEXT: dict[State, str] = {
    State.RECEIVED: "The link is on its way to the address. Nothing to do yet.",
    State.IDENTITY_PENDING: "Wait until the link is pressed. Gone astray? Mail it again. If you know by"
    " another way that it is really them, say how and open the request by hand.",
    State.OPEN: "Press Start, so that everybody sees that somebody has it.",
    State.IN_PROGRESS: "Go through the list below, then answer. What you write is what they read.",
    State.APPEALED: "They ask to look again. Somebody else than before should; then answer.",
    State.ANSWERED: "Done. They may ask once to look at it again.",
    State.REFUSED: "Done. They may ask once to look at it again.",
    State.WITHDRAWN: "Done. Nothing more happens.",
}


def next_step(request: RightsRequest) -> str:
    return NEXT[State(request.state)]


def steps(request: RightsRequest) -> tuple[str, ...]:
    return BY_HAND[Kind(request.kind)] if request.is_active else ()
