"""Brings the schema to head and plants the demo, in one process."""

import click
from flask_migrate import upgrade

from app import clock, demo
from app.db import db
from wsgi import app

with app.app_context():
    upgrade()
    email, password = demo.plant(clock.now())
    db.session.commit()
    click.echo(f"Demo sign-in: {email} / {password}")
