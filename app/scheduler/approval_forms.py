"""What people say about a post."""

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.account.forms import normal

LONGEST = Length(max=2000, message="At most 2000 characters.")


class CommentForm(FlaskForm):
    comment = TextAreaField(
        "Comment", [DataRequired("Write something."), LONGEST], filters=[normal]
    )


class SendBackForm(FlaskForm):
    reason = TextAreaField(
        "What has to change?", [DataRequired("Say what has to change."), LONGEST], filters=[normal]
    )
