"""What carries requests out for the desk: the same verbs as the buttons of the person's own settings.
The jobs that follow are rung by the table of what runs by itself."""

from datetime import datetime

from app.account.models import User
from app.privacy import erasures, exports, restriction
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind
from app.privacy.requests import NotNow

NO_ACCOUNT = "There is no account with this request: the list says what to do by hand."


def give_copy(request: RightsRequest, now: datetime) -> str:
    exports.order(_person(request), now)
    return (
        "A copy of your data is being made. You find it under Your privacy, Copies, for seven days."
    )


def delete(request: RightsRequest, now: datetime) -> str:
    """With the fourteen days in which it can be taken back. Organisations with other people in them
    stay, without an owner, and an admin can take them over."""
    person = _person(request)
    leave = {str(one.organization.id): erasures.LEAVE for one in erasures.owned_alone(person)}
    choices = erasures.settle(person, leave)
    erasures.begin(person, choices, now + erasures.COOLING_TIME, now)
    return "Your account is deleted in fourteen days. Until then you can sign in and take it back."


def restrict(request: RightsRequest, now: datetime) -> str:
    restriction.restrict(_person(request), now)
    return "Your data are only kept from now on. You can lift this under Your privacy."


def _person(request: RightsRequest) -> User:
    """Raises NotNow."""
    if request.user is None:
        raise NotNow(NO_ACCOUNT)
    return request.user


ANSWERS = {
    Kind.ACCESS: give_copy,
    Kind.EXPORT: give_copy,
    Kind.DELETION: delete,
    Kind.RESTRICTION: restrict,
}
