"""Five people in one organisation, each at a browser of their own."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db import db
from app.publishing import engine, sweeping
from app.scheduler.models import Post
from tests import make
from tests.mailing import link_in
from tests.servers.smtp import Sink
from tests.times import Times

BORN = {"birth_month": "5", "birth_year": "1990", "accept": "y", "timezone": "Europe/Berlin"}
Job = tuple[Callable[..., None], tuple[Any, ...]]


class Team:
    """`jobs` is what was rung for and not done yet."""

    def __init__(self, app: Flask, mailing: Sink, times: Times, jobs: list[Job]) -> None:
        self.app, self.mailing, self.times, self.jobs = app, mailing, times, jobs
        self.browsers: dict[str, FlaskClient] = {}

    def __getitem__(self, role: str) -> FlaskClient:
        return self.browsers[role]

    def work(self) -> None:
        """What a worker does with the default queue."""
        while self.jobs:
            job, args = self.jobs.pop(0)
            job(*args)

    def publish(self) -> None:
        """What clock and publisher do."""
        sweeping.find_abandoned(self.times.now)
        sweeping.hold_back(self.times.now)
        db.session.commit()
        engine.run_shift()
        db.session.expire_all()

    def found(self, name: str) -> None:
        """The owner signs up and confirms the address."""
        self.browsers["owner"] = client = self.app.test_client()
        sent = {"name": "Olga Oak", "email": "owner@day.example", "password": make.PASSWORD}
        assert client.post("/signup", data=BORN | sent | {"organization": name}).status_code == 303
        self.work()
        assert client.post(link_in(self.mailing, "owner@day.example")).status_code == 200

    def invite(self, role: str, name: str, by: str) -> None:
        """By mail; the person joins by the link in it."""
        address = f"{role}@day.example"
        sent = {"email": address, "role": role}
        assert self[by].post("/organization/invitations", data=sent).status_code == 303
        self.work()
        self.browsers[role] = client = self.app.test_client()
        path = link_in(self.mailing, address)
        assert client.get(path).status_code == 200
        sent = {"name": name, "password": f"seven quiet {role}s"}
        assert client.post(path, data=BORN | sent).status_code == 303

    def write(self, role: str, text: str, **more: Any) -> Post:
        """Through the composer, to every channel that it offers."""
        page = self[role].get("/posts/new").text
        channels = re.findall(r'name="channels" value="(\d+)"', page)
        sent = {"text": text, "channels": channels, "when": "at"} | more
        answer = self[role].post("/posts/new", data=sent)
        assert answer.status_code == 303, answer.text
        return self.post(int(answer.location.rsplit("/", 1)[1]))

    def edit(self, role: str, post: Post, text: str, **more: Any) -> Post:
        """As the form shows it, with other words."""
        page = self[role].get(f"/posts/{post.id}/edit").text
        value = {
            name: re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)
            for name in ("version", "due_at", "channels")
        }
        sent = {"text": text, "when": "at", **value, **more}
        assert self[role].post(f"/posts/{post.id}/edit", data=sent).status_code == 303
        return self.post(post.id)

    def answer(self, role: str, post: Post, **reason: str) -> TestResponse:
        """Yes to what the page shows, or no with a reason."""
        if reason:
            return self[role].post(f"/posts/{post.id}/rejection", data=reason)
        shown = re.search(r'name="hash" value="(\w+)"', self[role].get(f"/posts/{post.id}").text)
        assert shown, "nothing to say yes to"
        return self[role].post(f"/posts/{post.id}/approval", data={"hash": shown[1]})

    def post(self, id: int) -> Post:
        db.session.expire_all()
        return db.session.get_one(Post, id)

    def mails(self) -> list[tuple[str, str]]:
        """Addresses and subjects of what the worker has sent since the last look."""
        self.work()
        sent = [(mail["To"], mail["Subject"]) for mail in self.mailing.messages]
        self.mailing.messages.clear()
        return sent
