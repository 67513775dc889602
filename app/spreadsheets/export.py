"""Posts as the CSV that can be brought in again: a row for each post, whatever its state."""

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Select
from sqlalchemy.orm import selectinload

from app.db import db, read_only
from app.privacy.streaming import csv_line
from app.scheduler.labels import CAMPAIGN, LABEL
from app.scheduler.lists import whole
from app.scheduler.models import Post
from app.scheduler.saying import options_of, own_words, shared_words
from app.scheduler.states import WORDS
from app.scheduler.threads import join_thread
from app.scope import within_organization
from app.spreadsheets import columns as c
from app.spreadsheets.places import name_of
from app.spreadsheets.writing import guard, join_names, join_texts

CHUNK = 200  # posts that are read at once
HEAD = (*c.OWN_NAMES.values(), "state", "author")


def lines(posts: Select[Post], organization_id: int, zone: ZoneInfo) -> Iterator[bytes]:
    """The oldest first. The request may be over while this is read, so each chunk says whose it is,
    and no transaction stays open between two. `zone` is for posts that know none."""
    yield csv_line(HEAD)
    after = 0
    while True:
        with read_only(), within_organization(organization_id):
            db.session.rollback()
            chosen = whole(posts).options(selectinload(Post.words), selectinload(Post.options))
            chosen = chosen.where(Post.id > after).order_by(Post.id).limit(CHUNK)
            found = db.session.scalars(chosen).all()
            piece = b"".join(csv_line(cells(post, zone)) for post in found)
            after = found[-1].id if found else after
            db.session.rollback()
        if not piece:
            return
        yield piece


def cells(post: Post, zone: ZoneInfo) -> list[Any]:
    """In the order of HEAD."""
    said, home = shared_words(post), ZoneInfo(post.zone) if post.zone else zone
    labels = [one.label.name for one in post.labels if one.label.kind == LABEL]
    campaign = "".join(one.label.name for one in post.labels if one.label.kind == CAMPAIGN)
    due = post.due_at.astimezone(home).isoformat(timespec="seconds") if post.due_at else ""
    found = {
        c.TEXT: join_thread(said.parts),
        c.MOMENT: due,
        c.ZONE: home.key,
        c.CHANNELS: "\n".join(name_of(one.channel) for one in post.deliveries),
        c.LABELS: join_names(labels),
        c.CAMPAIGN: campaign,
        c.COMMENT: said.comment,
        c.MEDIA: "\n".join(_address(one.asset_id, one.part) for one in post.pictures),
        c.ALT: join_texts([one.alt for one in post.pictures]),
        c.OWN: _own(post),
    }
    author = post.author.name if post.author else "Former member"
    return [*(guard(found[name]) for name in c.OWN_NAMES), WORDS[post.state], guard(author)]


def _address(asset_id: int, part: int) -> str:
    """Where the picture is here, and in which post of the thread it hangs."""
    home = current_app.config["SETTINGS"].base_url
    return f"{home}/media/{asset_id}" + (f"#{part + 1}" if part else "")


def _own(post: Post) -> str:
    """Words and answers of single channels: by the channel's name, as JSON."""
    found: dict[str, dict[str, Any]] = {}
    for channel in (one.channel for one in post.deliveries):
        own: dict[str, Any] = {}
        if words := own_words(post, channel.id):
            own = {"text": join_thread(words.parts)} | (
                {"comment": words.comment} if words.comment else {}
            )
        if answers := options_of(post, channel.id):
            own["options"] = answers
        if own:
            found[name_of(channel)] = own
    return json.dumps(found, ensure_ascii=False) if found else ""
