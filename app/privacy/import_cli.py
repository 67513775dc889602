"""`flask import`: a copy brought back by an operator, for a person who is here or who is new."""

from typing import Any

import click
from flask import current_app

from app import clock
from app.db import db


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--for", "email", help="Whose it becomes, also when the copy names another address.")
@click.option("--yes", "is_sure", is_flag=True, help="Don't ask before it is written.")
def bring_back(file: Any, email: str | None, is_sure: bool) -> None:
    """Bring the zip of `flask export create` back: the person, what they own and wrote."""
    from app.privacy import import_walks as walks
    from app.privacy import imports
    from app.privacy.copy_file import BadCopy

    try:
        to, name = walks.whose(file, email)
        found = walks.look(file, to)
        if to.id and imports.brought_before(to.id, found["copy"]):
            click.echo("This copy came back before. Nothing is written twice.")
            return
        _show(found)
        if not is_sure:
            click.confirm(f"Bring this back for {to.address or email}?", abort=True)
        link = walks.bring_for(file, to, name, email, clock.now())
        db.session.commit()
    except BadCopy as bad:
        raise click.ClickException(f"{bad.place}: {bad.why} Nothing was written.") from None
    click.echo("It is back.")
    if link:
        base = current_app.config["SETTINGS"].base_url
        click.echo(f"The account is new. Its password is chosen at {base}{link}")


def _show(found: dict[str, Any]) -> None:
    click.echo(f"A copy of {found['instance']}, made {found['made_at']}.")
    if not found["is_ours"]:
        click.echo(
            f"It is signed with another instance's key, {found['key']}: check whose that is."
        )
    for line in found["comes"]:
        click.echo(f"{line['title']:24} {line['rows']:8} come back")
    for line in found["stays"]:
        click.echo(f"{line['title']:24} {line['rows']:8} stay behind: {line['why']}")
