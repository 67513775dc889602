"""What every answer carries: the content security policy and its companions (OWASP secure headers)."""

from flask import Flask, Response, current_app, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types htmx",  # app/static/js/trusted_types.js
    )
)
PICTURE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
UNUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock",
    "serial", "storage-access", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED)
HSTS = "max-age=63072000; includeSubDomains"  # two years


def init_app(app: Flask) -> None:
    app.after_request(guard)


def guard(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    headers["X-Frame-Options"] = "DENY"
    if current_app.config["SETTINGS"].is_https:
        headers["Strict-Transport-Security"] = HSTS
    if request.endpoint == "static" and response.status_code < 400:
        known = request.args.get("v") is not None
        headers["Cache-Control"] = f"public, max-age={31536000 if known else 3600}"
    else:
        headers.setdefault("Cache-Control", "no-store")
    return response
