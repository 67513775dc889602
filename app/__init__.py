"""AllStac: a social scheduler whose privacy policy runs."""

from flask import Flask


def create_app(**overrides: object) -> Flask:
    """The application; `overrides` replace settings of the environment, by their field names."""
    from app import config, errors, features, headers, logs, origins, pace, sign_in, sizes, web
    from app import queue as queues
    from app.audit import silence
    from app.db import db, options

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
    db.init_app(app)
    queues.init_app(app)
    headers.init_app(app)
    sizes.init_app(app)
    origins.init_app(app)
    pace.init_app(app)
    sign_in.init_app(app)
    web.init_app(app)
    errors.init_app(app)
    silence.init_app(app)
    features.init_app(app)
    web.check_every_route_is_guarded(app)
    return app
