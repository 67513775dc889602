"""AllStac: a social scheduler whose privacy policy runs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask


def create_app(**overrides: object) -> Flask:
    """The application; `overrides` replace settings of the environment, by their field names."""
    with _unswept():
        return _made(overrides)


@contextmanager
def _unswept() -> Iterator[None]:
    """What is imported and registered stays: looking for garbage in it, again and again while it
    grows, takes a fifth of a start."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _made(overrides: dict[str, object]) -> Flask:
    from app import boot, config, logs, web
    from app.db import options

    settings = config.load(**overrides)
    logs.set_up(as_json=settings.is_production)
    app = Flask(__name__)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.app_env == "test",
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=options(settings.database_url),
    )
    _furnish(app)
    web.check_every_route_is_guarded(app)
    boot.check_application(app)
    return app


def _furnish(app: Flask) -> None:
    """In the order in which a request meets them."""
    from app import errors, features, headers, mail, origins, pace, queue, sign_in, sizes, web
    from app.audit import silence
    from app.db import db

    doors = (headers, sizes, origins, pace)
    for part in (db, queue, *doors, sign_in, web, mail, errors, silence, features):
        part.init_app(app)
