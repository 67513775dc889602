"""The WSGI entry point: `gunicorn wsgi:app`, `flask --app wsgi`."""

import gc

from app import create_app

app = create_app()
gc.freeze()  # nor is it looked over later, and processes that are forked from here go on sharing it
