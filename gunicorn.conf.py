"""How gunicorn serves AllStac; read from the folder that it is started in (Procfile, dev/run.py)."""

from typing import Any

from gunicorn.http.errors import InvalidHeader

wsgi_app = "wsgi:app"
preload_app = True  # workers share what is read once
worker_class = "gthread"
workers = 2
threads = 8
control_socket_disable = True
graceful_timeout = 25  # platforms kill after 30
timeout = 30

# What is more absurd than app/sizes.py answers with a page ends here: 414, 431 (RFC 6585).
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 16_380


def pre_request(worker: Any, request: Any) -> None:
    """Where two servers in a row could disagree about a request's end (RFC 9112 6.1, 3.2): a body
    in chunks is the last of its connection, no other coding is taken, a host has to be named."""
    fields = dict(request.headers)
    coding = fields.get("TRANSFER-ENCODING")
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise InvalidHeader("TRANSFER-ENCODING", req=request)
        request.force_close()
    if "HOST" not in fields and request.version >= (1, 1):
        raise InvalidHeader("HOST", req=request)


def on_starting(server: Any) -> None:
    """Only who serves asks for this: commands have to run on an old schema, to mend it."""
    from app import boot

    boot.check_services(server.app.wsgi())
