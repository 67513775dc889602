"""Brings the schema to head and plants the demo, in one process."""

import click
from flask_migrate import upgrade

from app import clock, demo
from app.db import db
from app.scope import across_organizations
from wsgi import app

with app.app_context(), across_organizations("the demo makes its organisation"):
    upgrade()
    email, password = demo.plant(clock.now())
    db.session.commit()
    click.echo(f"Demo sign-in: {email} / {password}")
