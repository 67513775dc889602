"""A team of five roles works a day, and nobody meets a refusal of what a page had offered."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app import queue
from app.networks import Refused, Way, registry
from app.scheduler.models import Post
from tests.day.team import Job, Team
from tests.day.walk import Walk
from tests.publishing.double import DoubleNetwork
from tests.servers.smtp import Sink
from tests.times import Times

ROLES = ("owner", "admin", "editor", "approver", "viewer")


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> DoubleNetwork:
    """Stands where the sandbox's wall would be asked over HTTP."""
    double = DoubleNetwork()
    double.slug, double.name = "sandbox", "Sandbox"
    double.ways = (Way.HERE,)
    monkeypatch.setitem(registry.NETWORKS, "sandbox", double)
    return double


@pytest.fixture
def team(
    app: Flask, db: object, mailing: Sink, times: Times, monkeypatch: pytest.MonkeyPatch
) -> Team:
    """It is eight in the morning in Berlin."""
    times.now = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    jobs: list[Job] = []

    def enqueue(job: Any, *args: Any, on: str) -> bool:
        if on == "default":
            jobs.append((job, args))
        return True

    monkeypatch.setattr(queue, "enqueue", enqueue)
    return Team(app, mailing, times, jobs)


def set_up(team: Team) -> None:
    """The owner begins and asks for approval; the admin connects and brings the others."""
    team.found("Day")
    owner = team["owner"]
    saved = owner.post("/organization/approval", data={"approval_rule": "one"})
    assert saved.status_code == 303
    team.invite("admin", "Ada Ash", by="owner")
    assert team["admin"].post("/channels/connect/sandbox").status_code == 303
    team.invite("editor", "Eve Elm", by="admin")
    team.invite("approver", "Amir Alder", by="admin")
    team.invite("viewer", "Vic Vine", by="admin")
    team.mails()


def walkers(team: Team, alike: int) -> dict[str, Walk]:
    chosen: set[str] = set()
    return {role: Walk(team[role], chosen, alike) for role in ROLES}


def look_everywhere(walks: dict[str, Walk], *beginnings: str) -> None:
    """Each role follows the links and presses the buttons that it is shown."""
    found = [f"{role}: {one}" for role, walk in walks.items() for one in walk.faults(*beginnings)]
    assert found == []


def to_and_fro(team: Team) -> Post:
    """The editor drafts and asks, the approver comments and sends back, the editor mends it."""
    post = team.write("editor", "Six cofees", action="draft")
    assert post.state == "draft"
    post = team.edit("editor", post, "Six cofees", due_at="2026-11-24T12:00")
    assert post.state == "pending_approval"
    assert team.mails() == [("approver@day.example", "A post waits for approval - AllStac")]
    comments = f"/posts/{post.id}/comments"
    said = team["approver"].post(comments, data={"comment": "Almost."})
    assert said.status_code == 303
    assert team.answer("approver", post, reason="Coffee has two f").status_code == 303
    editor = "editor@day.example"
    told = ["A new comment on a post - AllStac", "Your post came back - AllStac"]
    assert team.mails() == [(editor, one) for one in told]
    assert "Coffee has two f" in team["editor"].get(f"/posts/{post.id}").text
    post = team.edit("editor", post, "Six coffees")
    assert team.mails() == [("approver@day.example", "A post waits for approval - AllStac")]
    return post


def leave_all_kinds_lying_about(team: Team) -> None:
    """Drafts, what waits, what is scheduled and what was cancelled, of two people."""
    team.write("editor", "An idea of Eve's", action="draft")
    team.write("admin", "An idea of Ada's", action="draft")
    team.write("editor", "Nobody reads this in time", due_at="2026-11-24T13:00")
    team.write("editor", "As soon as you like", when="now")
    team.write("admin", "Ada may say yes herself", due_at="2026-11-25T09:00")
    cancelled = team.write("admin", "On second thought", due_at="2026-11-25T10:00")
    assert team["approver"].post(f"/posts/{cancelled.id}/cancellation").status_code == 303


LISTS = ("/", "/attention", "/approvals", "/calendar", "/posts", "/queue")  # where posts stand


@pytest.mark.proves("P7.1", "P2.2")
@pytest.mark.parametrize("alike", [1, pytest.param(3, marks=pytest.mark.security_long)])
def test_five_roles_work_a_day_without_a_wrong_refusal(
    team: Team, network: DoubleNetwork, times: Times, alike: int
) -> None:
    set_up(team)
    post = to_and_fro(team)
    leave_all_kinds_lying_about(team)
    walks = walkers(team, alike)
    look_everywhere(walks, "/")

    team.mails()
    assert team.answer("approver", post).status_code == 303
    assert team.mails() == [], "a yes is news: it comes in the digest of tomorrow"
    times.now = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    team.publish()
    assert team.post(post.id).state == "published"
    assert [record["text"] for [record] in network.taken.values()] == ["Six coffees"]

    refused = team.write("admin", "The network won't have it", when="now")
    network.faults.append(Refused("Not this one.", permanent=True))
    team.publish()
    assert team.post(refused.id).state == "failed"

    times.go(hours=2)
    team.publish()
    needs_eyes = team["viewer"].get("/attention").text
    assert "Not approved in time" in needs_eyes
    assert "Not this one." in needs_eyes
    refuse_the_viewer_kindly(team, post)
    look_everywhere(walks, *LISTS)


def refuse_the_viewer_kindly(team: Team, post: Post) -> None:
    """Nothing of this is offered to Vic; whoever tries is told who can."""
    for path, who in (
        (f"/posts/{post.id}/approval", "owners, admins and approvers"),
        (f"/posts/{post.id}/comments", "owners, admins, editors and approvers"),
        (f"/posts/{post.id}/edit", "owners, admins and editors"),
        ("/posts/new", "owners, admins and editors"),
        ("/channels/connect/sandbox", "owners and admins"),
        ("/organization/approval", "owners and admins"),
    ):
        answer = team["viewer"].post(path)
        assert answer.status_code == 403
        assert f"This is for {who}; your role here is viewer." in answer.text


def test_the_walk_would_notice() -> None:
    """A link to nowhere, a button that isn't for this person, and a page without buttons."""
    page = (
        '<a href="/gone">Gone</a><form method="post" action="/not-yours"><button>Do</button></form>'
    )
    small = Flask("small")
    small.add_url_rule("/", "page", lambda: page)
    small.add_url_rule("/not-yours", "no", lambda: ("No", 403), methods=["POST"])
    small.add_url_rule("/bare", "bare", lambda: "Nothing")
    client = small.test_client()
    client.set_cookie("allstac", "x")
    assert Walk(client, set()).faults("/") == [
        "POST /not-yours, shown on /, answers 403",
        "GET /gone answers 404",
    ]
    small.view_functions["page"] = small.view_functions["bare"]
    assert Walk(client, set()).faults("/") == ["no button was found: the walk itself is broken"]
