"""The main job, end to end, on real input: from the front door to the post on the network."""

import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Page, expect
from redis import Redis

from app import queue, storage
from app.privacy import registers
from tests.browser.conftest import (
    Visit,
    Visitor,
    introduce,
    sign_in,
    with_and_without_scripts,
)
from tests.servers.app_processes import Running
from tests.servers.pds import Pds, Person

PASSWORD = "seven quiet herons"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def picture() -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((1200, 800)).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "taken at 52.5200 N 13.4050 E"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def sign_up(page: Page, email: str) -> None:
    page.goto("/")
    page.click("text=Start free")
    page.fill("#email", email)
    page.fill("#organization", "Orchard")
    introduce(page, "Grace Birch", PASSWORD)
    expect(page.locator("h1")).to_have_text("Connect a channel")


def connect(page: Page, pds: Pds, person: Person) -> None:
    page.click("text=Any Bluesky")
    page.fill("#handle", f"@{person.handle.upper()}")
    page.fill("#app_password", person.app_password)
    page.fill("#host", pds.url)
    page.click("form:has(#app_password) button")
    expect(page.locator("main")).to_contain_text("Connected")


def write(page: Page, text: str, due: datetime, *, js: bool) -> str:
    """Compose with a picture and its alt text; the address of the post's page."""
    page.goto("/posts/new")
    page.fill("#text", text)
    file = {"name": "farm.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    page.set_input_files("#media", file)  # type: ignore[arg-type]
    page.fill("#due_at", due.strftime("%Y-%m-%dT%H:%M"))
    if js:
        expect(page.locator("#previews")).to_contain_text("Grüße")
        page.fill("#new-alt-0", "A grey gradient")
    else:
        page.click(".bar button[value=preview]")
        expect(page.locator("#previews")).to_contain_text("Grüße")
        page.fill("input[name=alt]", "A grey gradient")
    page.click("button[value=schedule]")
    expect(page.locator("h1 ~ .state")).to_have_text("Scheduled")
    return page.url


def next_minute(ahead: float) -> datetime:
    soon = datetime.now(UTC) + timedelta(seconds=ahead, minutes=1)
    return soon.replace(second=0, microsecond=0)


def wait_for_record(pds: Pds, did: str, until: datetime) -> dict[str, Any]:
    while datetime.now(UTC) < until:
        if records := pds.records(did):
            return records[0]
        time.sleep(0.1)
    raise AssertionError("nothing was published in time")


def check_record(pds: Pds, person: Person, text: str, due: datetime) -> None:
    """Posted within 2 s of its time, facets on the right bytes, the picture whole and clean."""
    value = wait_for_record(pds, person.did, due + timedelta(seconds=6))["value"]
    created = datetime.fromisoformat(value["createdAt"])
    assert timedelta(0) <= created - due < timedelta(seconds=2)
    assert value["text"] == text
    raw = text.encode()
    facets = {
        raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(): f["features"][0]
        for f in value["facets"]
    }
    assert facets[f"@{person.handle}"]["did"] == person.did
    assert facets["example.com/grüße?a=1"]["uri"] == "https://example.com/grüße?a=1"
    assert facets["#tag"]["tag"] == "tag"
    [shot] = value["embed"]["images"]
    assert shot["alt"] == "A grey gradient"
    assert shot["aspectRatio"] == {"width": 1200, "height": 800}
    blob = pds.blob(person.did, shot["image"]["ref"]["$link"])
    assert Image.open(io.BytesIO(blob)).size == (1200, 800)
    assert b"52.5200" not in blob


def test_from_sign_up_to_a_post_on_bluesky_with_and_without_javascript(
    instance: Running, pds: Pds, visit: Visit
) -> None:
    jobs = []
    people = {js: pds.make_account("grace" if js else "noscript") for js in (True, False)}
    visitors = {js: visit(instance.url, js=js) for js in (True, False)}
    for js, person in people.items():
        sign_up(visitors[js].page, f"{person.handle[:-5]}@example.com")
        connect(visitors[js].page, pds, person)
    due = next_minute(6)
    local = due.astimezone(ZoneInfo("Europe/Berlin"))
    for js, person in people.items():
        text = f"Grüße 👩‍👩‍👧 an @{person.handle}, see example.com/grüße?a=1 (#tag)."
        when = local if js else due  # without JavaScript nobody told us the zone: UTC
        url = write(visitors[js].page, text, when, js=js)
        assert visitors[js].cookies == ["allstac"]
        visitors[js].page.goto("about:blank")  # nobody watches
        jobs.append((js, person, text, url))
    for js, person, text, url in jobs:
        check_record(pds, person, text, due)
        look_at_its_page(visitors[js], url, person)
    time.sleep(1)
    assert [len(pds.records(person.did)) for person in people.values()] == [1, 1]
    assert strangers(instance, pds) == set(), "somebody whom no register names"
    assert unlisted(instance) == set(), "something that no register names"


def unlisted(instance: Running) -> set[str]:
    """Keys in Redis and folders of files that are not on their lists."""
    keys = {key.decode() for key in Redis.from_url(instance.env["REDIS_URL"]).scan_iter(count=500)}
    assert any(key.startswith("rq:worker") for key in keys)
    folders = {path.name for path in (instance.folder / "media").iterdir()}
    assert "assets" in folders
    return {key for key in keys if not key.startswith(tuple(queue.KEYS))} | (
        folders - set(storage.FOLDERS)
    )


def strangers(instance: Running, pds: Pds) -> set[str]:
    """Whom the processes spoke to, without those that a register or a setting names."""
    named = {
        "bluesky": {urlsplit(pds.url).netloc.replace("localhost", host) for host in LOOPBACK},
        "link_card": set[str](),  # a post with a picture shows none
        "sandbox": set[str](),  # this instance itself
    }
    own = {urlsplit(instance.env[name]).port for name in ("BASE_URL", "SMTP_URL")}
    contacts = {
        contact for contact in instance.contacts if int(contact.rsplit(":", 1)[1]) not in own
    }
    assert contacts & named["bluesky"], "the watcher is deaf"
    assert set(named) <= {one.id for one in registers.destinations()}
    return contacts.difference(*named.values())


def look_at_its_page(visitor: Visitor, url: str, person: Person) -> None:
    """A new session shows the life of the post."""
    page = visitor.page
    page.context.clear_cookies()
    sign_in(page, f"{person.handle[:-5]}@example.com", PASSWORD)
    page.goto(url)
    expect(page.locator("h1 ~ .state")).to_have_text("Published")
    life = page.locator(".life")
    for word in ("Scheduled", "Due", "Sent", "Published", "Accepted."):
        expect(life).to_contain_text(word)
    link = page.get_by_role("link", name="See it on Bluesky").get_attribute("href") or ""
    assert link.startswith(f"https://bsky.app/profile/{person.did}/post/")


@with_and_without_scripts
def test_a_newcomer_publishes_to_the_sandbox_without_an_account_elsewhere(
    instance: Running, visit: Visit, js: bool
) -> None:
    visitor = visit(instance.url, js=js)
    page = visitor.page
    sign_up(page, f"sand{js}@example.com".lower())
    page.click("text=Put up a wall")
    expect(page.locator("main")).to_contain_text("Connected")
    page.goto("/posts/new")
    page.fill("#text", "My very first post")
    page.check("input[name=when][value=now]")
    page.click("button[value=schedule]")
    expect(page.locator("h1 ~ .state")).to_be_visible()
    for _ in range(40):
        page.reload()
        if page.locator("h1 ~ .state").inner_text() == "Published":
            break
        page.wait_for_timeout(250)
    page.click("text=See it on Sandbox")
    expect(page.locator("article")).to_contain_text("My very first post")
