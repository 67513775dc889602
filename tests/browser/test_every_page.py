"""Every page of the demo in a real browser: accessible, quiet, and no wider than the screen."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app import live_checks
from app.demo import EMAIL, PASSWORD
from app.privacy import registers
from dev import screens
from tests.browser import calendar_walk
from tests.browser.conftest import Visit, sign_in, with_and_without_scripts
from tests.browser.rules import look, look_thoroughly, unreadable, violations
from tests.browser.sites import Site

long = pytest.mark.security_long


def test_figures_say_when_they_were_fetched_on_a_phone_and_their_numbers_stand_on_paper(
    robin: Visit,
) -> None:
    page = robin(js=False, width=390).page
    for path in ("/analytics?days=90", "/analytics/posts?days=90&sort=saves"):
        page.goto(path)
        table = page.locator("table").last
        expect(table.locator("tbody tr .is-nearer").first).to_be_visible()
        room = table.evaluate("table => table.parentElement.clientWidth - table.offsetWidth")
        assert room >= 0, f"the table of {path} is cut off"
    expect(table.locator("thead th:visible").last).to_contain_text("Saves")
    page.goto("/analytics/report")
    numbers = page.locator(".behind tbody tr")
    expect(numbers.last).to_be_hidden()
    page.emulate_media(media="print")
    expect(numbers.last).to_be_visible()
    assert numbers.count() == 30


@pytest.mark.proves("P5.1", "P5.4", "P5.8")
def test_no_page_has_a_violation_asks_another_host_or_scrolls_sideways(
    demo: Site, visit: Visit
) -> None:
    """The visitor's fixture fails on other hosts, console errors and blocked content."""
    visitor = visit(demo.url)
    listed = {(one.kind, one.name) for one in registers.kept_in_browsers()}
    faults = look(visitor.page, screens.PUBLIC)
    assert visitor.kept <= listed
    sign_in(visitor.page, EMAIL, PASSWORD)
    faults += look(visitor.page, screens.OWN | screens.found(visitor.page))
    assert faults == []
    assert visitor.kept == listed, "the register of /privacy/cookies, both ways"


@long
def test_no_page_breaks_a_rule_of_axe_in_either_shade_or_on_a_phone(
    demo: Site, visit: Visit
) -> None:
    page = visit(demo.url).page
    faults = look_thoroughly(page, screens.PUBLIC)
    sign_in(page, EMAIL, PASSWORD)
    assert faults + look_thoroughly(page, screens.OWN | screens.found(page)) == []


@pytest.mark.proves("P5.1", "P5.3")
def test_who_only_reads_is_given_nothing_to_keep(demo: Site, visit: Visit) -> None:
    visitor = visit(demo.url)
    for path in live_checks.READ:
        visitor.page.goto(path)
    assert visitor.kept == set()


@pytest.mark.proves("P5.2")
def test_the_cookie_is_kept_from_scripts_and_other_sites(demo: Site, visit: Visit) -> None:
    visitor = visit(demo.url)
    sign_in(visitor.page, EMAIL, PASSWORD)
    expect(visitor.page).to_have_url(f"{demo.url}/calendar")
    [cookie] = visitor.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert visitor.page.evaluate("document.cookie") == ""


def test_what_a_page_keeps_would_be_noticed(demo: Site, visit: Visit) -> None:
    visitor = visit(demo.url)
    visitor.page.goto("/login")
    visitor.page.evaluate("""() => new Promise(done => {
        localStorage.setItem('seen', '1')
        indexedDB.open('tracks').onsuccess = () => done()
    })""")
    assert {("local storage", "seen"), ("indexed db", "tracks")} <= visitor.kept


def test_mistakes_are_accessible_too(demo: Site, visit: Visit) -> None:
    page = visit(demo.url).page
    page.goto("/signup")
    page.locator("form.panel").evaluate("form => { form.noValidate = true }")
    page.click("main button.primary")
    expect(page.locator(".problem").first).to_be_visible()
    assert violations(page) == []
    sign_in(page, EMAIL, PASSWORD)
    page.goto("/posts/new")
    page.fill("#text", "a" * 501)
    page.click("button[value=schedule]")
    expect(page.locator("main")).to_contain_text("Sandbox allows 500 characters; this is 501.")
    expect(page.locator("#text")).to_have_value("a" * 501)
    assert violations(page) == []


def test_axe_would_notice(demo: Site, visit: Visit) -> None:
    """The check itself can fail."""
    page = visit(demo.url).page
    page.goto("/login")
    page.locator("label[for=email]").evaluate("label => label.remove()")
    assert any("label" in fault for fault in violations(page))


SPOILT = {
    "contrast": "document.querySelector('h1').style.color = grey",
    "too small beside another": """for (const _ of [1, 2]) {
        const button = document.createElement('button');
        button.textContent = 'x';
        Object.assign(button.style, {width: '9px', height: '9px', padding: '0', minHeight: '0'});
        document.querySelector('main').append(button);
    }""",
    "aria-describedby says gone": "document.querySelector('#email').setAttribute('aria-describedby', 'gone')",
    "aria-expanded says yes": "document.querySelector('#email').setAttribute('aria-expanded', 'yes')",
    "px too wide": "document.querySelector('main').style.minWidth = '2000px'",
}


@pytest.mark.parametrize("dark", [False, True])
def test_what_nobody_can_read_or_hit_would_be_noticed(demo: Site, visit: Visit, dark: bool) -> None:
    page = visit(demo.url, dark=dark).page
    page.goto("/login")
    assert unreadable(page) == []
    for fault, spoil in SPOILT.items():
        page.evaluate(f"(grey) => {{ {spoil} }}", "#444" if dark else "#bbb")
        assert any(fault in one for one in unreadable(page)), fault


def test_a_slip_would_be_noticed(demo: Site, visit: Visit) -> None:
    """An image from elsewhere is both asked for and blocked; the watcher sees it."""
    visitor = visit(demo.url)
    visitor.page.goto("/login")
    visitor.page.evaluate(
        "document.body.append(Object.assign(new Image(), {src: 'http://x.test/'}))"
    )
    visitor.page.wait_for_timeout(300)
    assert any("x.test" in slip for slip in visitor.slips)
    visitor.slips.clear()


def test_the_keyboard_alone_writes_a_draft(robin: Visit) -> None:
    page = robin().page
    page.goto("/calendar")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("c")
    page.wait_for_url("**/posts/new")
    page.focus("#text")
    page.keyboard.type("Typed without a mouse")
    expect(page.locator("#previews")).to_contain_text("Typed without a mouse")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "draft":
            break
    page.keyboard.press("Enter")
    expect(page.locator("h1 ~ .state")).to_have_text("Draft")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("without a mou")
    expect(page.locator("#found a").first).to_contain_text("Typed without a mouse")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/posts/*")


def test_the_preview_follows_the_text_and_counts_down(robin: Visit) -> None:
    page = robin().page
    page.goto("/posts/new")
    page.fill("#text", "See https://example.com and 👩‍👩‍👧")
    expect(page.locator("#previews .is-link")).to_have_text("https://example.com")
    expect(page.locator("#previews .counter")).to_contain_text("471 left")
    page.fill("#text", "a" * 510)
    expect(page.locator("#previews .counter")).to_contain_text("10")
    expect(page.locator("#previews .is-over")).to_be_visible()


@with_and_without_scripts
def test_best_and_worst_of_a_month_are_three_clicks_away(
    demo: Site, robin: Visit, js: bool
) -> None:
    page = robin(js=js).page
    page.goto("/calendar")
    page.click(".rail a:has-text('Analytics')")
    page.click("#days-7")  # a second choice at once replaces the first
    page.click("#month")
    expect(page.locator("#month")).to_have_attribute("aria-current", "true")
    page.click("#by-rate")
    expect(page.locator("#by-rate")).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(f"{demo.url}{page.get_attribute('#by-rate', 'href')}")
    shares = [float(text.rstrip("%")) for text in page.locator(".ranked-value b").all_inner_texts()]
    half = page.locator(".ranked").first.locator("li").count()
    assert shares[:half] == sorted(shares[:half], reverse=True)
    assert shares[half:] == sorted(shares[half:])
    narrow(page, js)
    page.locator(".ranked a").first.click()
    expect(page.locator("#totals-title")).to_be_attached()
    expect(page.locator(".chart-lines").first).to_have_attribute("role", "img")
    if js:
        page.locator(".behind summary").first.click()
        assert violations(page) == []


def narrow(page: Page, js: bool) -> None:
    """To one channel: at once, or by the button where there are no scripts."""
    facebook = page.locator("#channel option", has_text="Facebook").get_attribute("value")
    page.select_option("#channel", facebook)
    if not js:
        page.click("form:has(#channel) button")
    expect(page.locator(".of-channels")).to_have_count(0)
    expect(page.locator("#channel")).to_have_value(facebook or "")


def test_a_post_is_moved_by_mouse_by_keys_and_by_forms(robin: Visit) -> None:
    page = robin().page
    first = calendar_walk.begin(page)
    calendar_walk.by_mouse(page, first)

    def look(page: Page) -> None:
        assert violations(page) == []

    calendar_walk.by_keys(page, first + timedelta(days=1), look)
    calendar_walk.without_a_script(robin(js=False).page, first)
