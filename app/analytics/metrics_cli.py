"""`flask metrics …`"""

import click
from flask.cli import AppGroup

metrics = AppGroup("metrics", help="What the networks tell of published posts.")


@metrics.command("collect")
def collect() -> None:
    """Ask the networks now for what is due, as the clock does every minute."""
    from app.analytics import jobs

    click.echo(f"{jobs.collect()} posts told something new.")
