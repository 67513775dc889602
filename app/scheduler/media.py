"""The pictures and videos of a post: how they are shown, and what a network does not take of them, in
words for the author."""

from collections.abc import Iterable

from app.networks import Limits
from app.scheduler.saying import Shown

MB = 1_000_000


def media_problems(name: str, limits: Limits, media: Iterable[Shown]) -> list[str]:
    """`name` of the network; `limits` as they are on the account's server; `media` of one post. What
    is merely too large as a picture is no problem: it is made to fit."""
    held = list(media)
    videos = [one for one in held if one.is_video]
    pictures = len(held) - len(videos)
    if not held:
        return [f"{name} takes no post without a picture or video."] if limits.needs_media else []
    if videos and not limits.videos:
        return [f"{name} takes no videos."]
    found = [
        *_too_many(name, "picture", pictures, limits.images),
        *_too_many(name, "video", len(videos), limits.videos),
    ]
    if videos and pictures and not limits.mixed:
        found.append(f"{name} takes pictures or a video in one post, not both.")
    for one in videos:
        found += _of_video(name, limits, one)
    return found


def _too_many(name: str, noun: str, count: int, most: int) -> list[str]:
    if count <= most:
        return []
    return [f"{name} takes {most} {noun}{'' if most == 1 else 's'}; this has {count}."]


def _of_video(name: str, limits: Limits, one: Shown) -> list[str]:
    found = []
    if limits.video_bytes and one.size > limits.video_bytes:
        found.append(
            f"{name} takes videos up to {limits.video_bytes // MB} MB; this has {one.size // MB + 1} MB."
        )
    if limits.video_seconds and one.seconds > limits.video_seconds:
        most, has = length(limits.video_seconds), length(one.seconds)
        found.append(f"{name} takes videos up to {most}; this takes {has}.")
    return found


def shown(one: Shown) -> dict[str, str]:
    """As previews and lists show it: of a video its first picture, `length` and where it plays."""
    url, known = f"/media/{one.asset_id}", {"asset": str(one.asset_id), "alt": one.alt}
    if not one.is_video:
        return known | {"url": url, "length": "", "plays": ""}
    return known | {"url": f"{url}/poster", "length": length(one.seconds), "plays": url}


def length(seconds: float) -> str:
    """As players show it: 0:07, 12:30."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
