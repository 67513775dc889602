"""`flask requests …`: what the mail server calls."""

import sys
from email.utils import parseaddr

import click
from flask import current_app
from flask.cli import AppGroup

from app import audit, clock, queue
from app.account import limits
from app.account.limits import REQUEST_MAIL
from app.account.models import fold
from app.db import db
from app.privacy import inbox, request_jobs
from app.privacy.request_intake import take_in

MOST = 5 * 1024 * 1024
TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and calls again

requests = AppGroup("requests", help="Requests about privacy.")


@requests.command("mail")
def take_mail() -> None:
    """Take in one mail to the privacy address from standard input (RFC 5322) and answer it with a
    link. Mails of machines are left alone."""
    raw = sys.stdin.buffer.read(MOST)
    try:
        letter = inbox.read(raw, _own_addresses())
    except inbox.NotAPerson as machine:
        click.echo(f"Left alone: {machine}.")
        return
    wait = limits.take(REQUEST_MAIL, letter.sender, clock.now())
    if wait:
        db.session.commit()
        click.echo("Often enough for today from this sender.", err=True)
        raise SystemExit(TRY_LATER)
    found = take_in(letter, clock.now())
    code, id = found.code, found.id
    audit.record("request.made", request=id)
    db.session.commit()
    if not queue.enqueue(request_jobs.send_link, id, on="default"):
        request_jobs.send_link(id)
    click.echo(f"Request {code}.")


def _own_addresses() -> set[str]:
    settings = current_app.config["SETTINGS"]
    return {
        fold(parseaddr(text or "")[1]) for text in (settings.mail_from, settings.operator_email)
    }
