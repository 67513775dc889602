"""Bluesky's figures: the real app view behind a real server counts what others did, in the long runs;
answers that lack something are from a table."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from app.networks import Absent, Account, Figures, Grant, Piece, Published, Refused, Unknown
from app.networks.adapters.bluesky import Bluesky
from app.networks.adapters.bluesky.figures import BATCH
from tests.networks.contract import Case
from tests.servers.appview import AppView
from tests.servers.pds import Person

POST = "app.bsky.feed.post"
IDS = ("at://did:plc:a/app.bsky.feed.post/1", "at://did:plc:a/app.bsky.feed.post/2")


def asked(*ids: str) -> str:
    return "/xrpc/app.bsky.feed.getPosts?" + urlencode([("uris", id) for id in ids])


def case_at(host: str) -> Case:
    account = Account("bluesky", host, "did:plc:a", "alice.test", "alice.test", "")
    grant = Grant({"access": "a.e30.b", "refresh": "r"}, None)
    return Case(Bluesky(), None, account, grant, Piece("Hello"))  # type: ignore[arg-type]


def measure(case: Case, *ids: str) -> Any:
    return case.run(lambda web: case.network.measure(web, case.account, case.grant, ids))


def test_what_an_older_app_view_does_not_count_is_not_told(httpd: Callable[..., str]) -> None:
    """Quotes and bookmarks came later than likes."""
    posts = [{"uri": IDS[0], "likeCount": 3, "replyCount": 0, "repostCount": 2}]
    body = json.dumps({"posts": posts}).encode()
    table = {asked(*IDS).replace("%3A", ":").replace("%2F", "/"): (200, {}, body)}
    assert measure(case_at(httpd(table)), *IDS) == {
        IDS[0]: Figures(likes=3, replies=0, reposts=2),
        IDS[1]: Absent(),
    }


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", Unknown),
        (200, b'{"posts": [{}]}', Unknown),
        (200, b"[]", Unknown),
        (503, b"", Unknown),
        (400, b'{"error": "InvalidRequest", "message": "No"}', Refused),
    ],
)
def test_an_answer_that_tells_nothing_is_a_value(
    httpd: Callable[..., str], status: int, body: bytes, kind: type
) -> None:
    path = asked(IDS[0]).replace("%3A", ":").replace("%2F", "/")
    assert isinstance(measure(case_at(httpd({path: (status, {}, body)})), IDS[0]), kind)


@pytest.mark.parametrize("status", [401, 400])
def test_an_old_session_is_told_apart(httpd: Callable[..., str], status: int) -> None:
    path = asked(IDS[0]).replace("%3A", ":").replace("%2F", "/")
    body = b'{"error": "ExpiredToken"}'
    said = measure(case_at(httpd({path: (status, {}, body)})), IDS[0])
    assert isinstance(said, Refused) and said.stale_token


def test_a_server_that_is_away_tells_nothing() -> None:
    said = measure(case_at("http://127.0.0.1:9"), IDS[0])
    assert isinstance(said, Refused) and said.not_sent


class Somebody:
    """Another account there, who likes and reposts."""

    def __init__(self, appview: AppView, name: str) -> None:
        self.appview, self.person = appview, appview.make_account(name)
        session = {"identifier": self.person.handle, "password": self.person.password}
        said = appview.call("com.atproto.server.createSession", session)
        self.token = said["accessJwt"]

    def make(self, collection: str, **record: Any) -> str:
        record |= {"$type": collection, "createdAt": datetime.now(UTC).isoformat()}
        body = {"repo": self.person.did, "collection": collection, "record": record}
        made = self.appview.call("com.atproto.repo.createRecord", body, self.token)
        return str(made["uri"])

    def take_back(self, uri: str) -> None:
        _, _, _, collection, key = uri.split("/")
        body = {"repo": self.person.did, "collection": collection, "rkey": key}
        self.appview.call("com.atproto.repo.deleteRecord", body, self.token)


def connected(appview: AppView, person: Person) -> Case:
    adapter = Bluesky()
    adapter.api = appview.directory
    case = Case(adapter, None, None, None, Piece("Count me"))  # type: ignore[arg-type]
    answers = {"handle": person.handle, "host": appview.url, "app_password": person.app_password}
    case.account, case.grant = case.run(lambda web: adapter.connect(web, answers))
    return case


def settled(question: Callable[[], Any], wanted: Any) -> Any:
    """The app view learns of records a moment later."""
    for _ in range(100):
        found = question()
        if found == wanted:
            return found
        time.sleep(0.2)
    return found


@pytest.mark.security_long
def test_what_other_accounts_did_is_counted_right_by_the_real_app_view(appview: AppView) -> None:
    case = connected(appview, appview.make_account("ann"))
    one, other = (case.publish(case.parcel(Piece(f"Count me {n}"), seed=n)) for n in (1, 2))
    assert isinstance(one, Published) and isinstance(other, Published)
    ben, eve = Somebody(appview, "ben"), Somebody(appview, "eve")
    ref = {"uri": one.external_id, "cid": one.ref}
    likes = [who.make("app.bsky.feed.like", subject=ref) for who in (ben, eve)]
    ben.make("app.bsky.feed.repost", subject=ref)
    ben.make(POST, text="An answer", reply={"root": ref, "parent": ref})
    eve.make(POST, text="Another", reply={"root": ref, "parent": ref})
    eve.make(POST, text="Look", embed={"$type": "app.bsky.embed.record", "record": ref})
    ben.make("app.bsky.graph.follow", subject=case.account.account_id)
    ids = (one.external_id, other.external_id)
    counted = Figures(likes=2, replies=2, reposts=2, saves=0)
    nothing = Figures(likes=0, replies=0, reposts=0, saves=0)
    wanted = {ids[0]: counted, ids[1]: nothing}
    assert settled(lambda: measure(case, *ids), wanted) == wanted

    def followers() -> Any:
        return case.run(lambda web: case.network.audience(web, case.account, case.grant))

    assert settled(followers, 1) == 1
    eve.take_back(likes[1])
    fewer = wanted | {ids[0]: Figures(likes=1, replies=2, reposts=2, saves=0)}
    assert settled(lambda: measure(case, *ids), fewer) == fewer
    case.run(lambda web: case.network.delete(web, case.account, case.grant, ids[0]))
    gone = {ids[0]: Absent(), ids[1]: nothing}
    assert settled(lambda: measure(case, *ids), gone) == gone


@pytest.mark.security_long
def test_the_real_app_view_takes_a_whole_batch(appview: AppView) -> None:
    case = connected(appview, appview.make_account("max"))
    ids = [f"at://{case.account.account_id}/{POST}/{n:013}" for n in range(BATCH)]
    assert measure(case, *ids) == dict.fromkeys(ids, Absent())
