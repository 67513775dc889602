"""After the commit: ring for what is due at once, let the clock look at its next wake, and write to
those whose yes a post waits for."""

from datetime import timedelta

from app import clock, queue
from app.scheduler import jobs
from app.scheduler.models import Post
from app.scheduler.states import PENDING, SCHEDULED

PUBLISH_JOB = "app.publishing.jobs.publish"


def ring(post: Post) -> None:
    """A post that is due within the time of preparing goes to the publisher right away; approvers are
    told once when one begins to wait."""
    if post.state == PENDING:
        queue.enqueue(jobs.tell_approvers, post.id, on="default")
    if post.state != SCHEDULED or not post.due_at:
        return
    if post.due_at <= clock.now() + timedelta(seconds=90):
        queue.enqueue(PUBLISH_JOB, on="publish")
    queue.wake_clock()
