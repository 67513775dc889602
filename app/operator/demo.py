"""Something to see at the desk of the demo: messages, requests, an incident that was nothing."""

from datetime import datetime, timedelta

from app.account.models import User
from app.operator import incidents
from app.privacy import request_intake, requests
from app.privacy.request_words import Kind, Source
from app.support import conversing


def plant(robin: User, noor: User, now: datetime) -> None:
    _conversations(robin, noor, now)
    _requests(robin, noor, now)
    _incident(robin, now)


def _conversations(robin: User, noor: User, now: datetime) -> None:
    """One that was answered, and one that waits."""
    asked = "Our three walls all show Berlin time. The second shop is in Lisbon. Can it differ?"
    said = "Yes: each person has a zone under Account. Times are kept exactly and only shown in it."
    earlier = now - timedelta(days=2)
    answered = conversing.begin(robin, "Two time zones", asked, earlier)
    conversing.answer(answered, robin, said, earlier + timedelta(hours=3))
    words = "I uploaded a picture with the wrong alt text. The post is out. What can I do?"
    conversing.begin(noor, "Alt text of a published post", words, now - timedelta(hours=5))


def _requests(robin: User, noor: User, now: datetime) -> None:
    """One for each colour of the queue, one that waits for its link, one that is done."""
    ages = ((noor, Kind.CORRECTION, 2), (noor, Kind.OBJECTION, 9), (robin, Kind.ACCESS, 26))
    for who, kind, days in ages:
        request_intake.ask(who, kind, "Please see to it.", now - timedelta(days=days))
    address = "visitor@stranger.example"
    request_intake.receive(Kind.DELETION, Source.FORM, now - timedelta(days=1), email=address)
    done = request_intake.ask(
        robin, Kind.COMPLAINT, "The mail came twice.", now - timedelta(days=6)
    )
    requests.start(done, robin, now - timedelta(days=5))
    words = "You are right; it is mended. Only you were concerned."
    requests.answer(done, robin, words, now - timedelta(days=5))


def _incident(robin: User, now: datetime) -> None:
    """Assessed, harmless, closed: the register keeps it all the same."""
    found_at = now - timedelta(days=20)
    summary = "A laptop with a sealed backup was lost in a train and came back the next day."
    made = incidents.open_incident(robin, "A laptop in a train", summary, found_at, now)
    incidents.contain(made, found_at + timedelta(hours=4))
    incidents.assess(made, ["everything"], "none", found_at + timedelta(hours=30))
    incidents.close(made, found_at + timedelta(hours=31))
