"""What leaves about how AllStac is used (PostHog) and where it broke (Sentry).

Both are off unless the environment configures them. A report is built from names that stand in our
own code, an event from a closed registry; what can't be asked or written down does not leave."""

from app.telemetry.gates import init_app, recipients, refuses_tracking
from app.telemetry.outbox import tend
from app.telemetry.product import age, amount, begin, end, is_wanted_by, tell
from app.telemetry.reports import object_to_reports, report, report_job, watch

__all__ = [
    "age",
    "amount",
    "begin",
    "end",
    "init_app",
    "is_wanted_by",
    "object_to_reports",
    "recipients",
    "refuses_tracking",
    "report",
    "report_job",
    "tell",
    "tend",
    "watch",
]
