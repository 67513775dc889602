"""What people say about a post."""

from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.account.forms import normal
from app.forms import Form

LONGEST = Length(max=2000, message="At most 2000 characters.")


class CommentForm(Form):
    comment = TextAreaField(
        "Comment", [DataRequired("Write something."), LONGEST], filters=[normal]
    )


class SendBackForm(Form):
    reason = TextAreaField(
        "What has to change?", [DataRequired("Say what has to change."), LONGEST], filters=[normal]
    )
