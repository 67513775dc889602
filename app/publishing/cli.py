"""`flask instance …`: which instance the database belongs to."""

import click
from flask.cli import AppGroup

from app import audit
from app.db import db
from app.publishing import clones

instance = AppGroup("instance", help="Which instance the database belongs to.")
QUESTION = (
    "Make this database {}'s? From then on it posts for everybody in it, so the instance that it"
    " came from must not run any more."
)


@instance.command("adopt")
@click.option("--yes", is_flag=True, help="Don't ask.")
def adopt(yes: bool) -> None:
    """Say that the database is this instance's, named by INSTANCE_ID. A copy posts nothing before."""
    name = clones.us()
    if name is None:
        raise click.ClickException("INSTANCE_ID is not set: name this instance first.")
    if not yes:
        click.confirm(QUESTION.format(name), abort=True)
    clones.adopt(name)
    audit.record("instance.adopted", instance=name)
    db.session.commit()
    click.echo(f"The database is {name}'s now. Its processes go on by themselves.")
