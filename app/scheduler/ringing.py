"""After the commit: ring for what is due at once, and let the clock look at its next wake."""

from datetime import timedelta

from app import clock, queue
from app.scheduler.models import Post
from app.scheduler.states import SCHEDULED

PUBLISH_JOB = "app.publishing.jobs.publish"


def ring(post: Post) -> None:
    """A post that is due within the time of preparing goes to the publisher right away."""
    if post.state != SCHEDULED or not post.due_at:
        return
    if post.due_at <= clock.now() + timedelta(seconds=90):
        queue.enqueue(PUBLISH_JOB, on="publish")
    queue.wake_clock()
