"""A post that says what an earlier one said: what went well goes out again, looked at once more."""

from flask_login import current_user

from app.scheduler.forms import PostForm
from app.scheduler.models import Post
from app.scheduler.saying import Hung
from app.scheduler.sheets import Sheet, channels
from app.scheduler.tagging import Tagging
from app.scheduler.uploads import Pictures
from app.scheduler.wording import Wording


def sheet_again(found: Post) -> Sheet:
    """The composer as the other post was written, for those of its channels that take posts now."""
    known, there = channels(), {one.channel_id for one in found.deliveries}
    picked = {one.id for one in known if one.is_usable and one.id in there}
    form = PostForm(formdata=None, zone=current_user.zone, channels=known, picked=picked)
    hung = [Hung(one.asset, one.alt, one.part) for one in found.pictures]
    return Sheet(form, Wording.of(found, known), Pictures(hung), Tagging.of(found))
