"""What a person is asked before an account on Bluesky is connected."""

from app.networks import Field

TYPED: tuple[Field, ...] = (
    Field(
        "handle",
        "Handle",
        "text",
        "Your name there, such as you.bsky.social.",
        "you.bsky.social",
    ),
    Field(
        "app_password",
        "App password",
        "password",
        "Made in Bluesky under Settings, Privacy and security, App passwords. Not your own"
        " password.",
        "xxxx-xxxx-xxxx-xxxx",
    ),
    Field(
        "host",
        "Server",
        "host",
        "Leave it unless your account lives elsewhere.",
        "bsky.social",
        False,
    ),
)
AWAY: tuple[Field, ...] = (
    Field(
        "handle",
        "Handle",
        "text",
        "Your name there, such as you.bsky.social. It leads to your own server.",
        "you.bsky.social",
        False,
    ),
    Field(
        "host",
        "Server",
        "host",
        "Instead of a handle: the server that you sign in at.",
        "bsky.social",
        False,
    ),
)
