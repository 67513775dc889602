"""Text becomes HTML through one door only, and no code passes it. In a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor

ADD = "document.body.append(Object.assign(document.createElement"
SINKS = {
    "innerHTML": "document.querySelector('main').innerHTML = x",
    "outerHTML": "document.querySelector('h1').outerHTML = x",
    "insertAdjacentHTML": "document.body.insertAdjacentHTML('beforeend', x)",
    "document.write": "document.write(x)",
    "DOMParser": "document.body.append(new DOMParser().parseFromString(x, 'text/html').body)",
    "a fragment": "document.body.append(new Range().createContextualFragment(x))",
    "srcdoc": f"{ADD}('iframe'), {{srcdoc: x}}))",
    "script text": f"{ADD}('script'), {{text: 'window.ran = 1'}}))",
    "script url": f"{ADD}('script'), {{src: '/static/x.js'}}))",
    "a second policy": "trustedTypes.createPolicy('default', {createHTML: html => html})",
    "the same policy": "trustedTypes.createPolicy('htmx', {createHTML: html => html})",
    "eval": "eval('window.ran = 1')",
    "Function": "new Function('window.ran = 1')()",
}
BAD = [
    "<img src=x onerror='window.ran = 1'>",
    "<p><b>deep</b><svg onload='window.ran = 1'></svg></p>",
    "<script>window.ran = 1</script>",
    "<script src='/static/js/zone.js'></script>",
    "<template><img src=x onerror='window.ran = 1'></template>",
    "<iframe srcdoc='<p>'></iframe>",
    "<a href=' java&#0115;cript:window.ran = 1'>x</a>",
    "<a href='\tjavascript:window.ran = 1'>x</a>",
    "<button hx-on:click='window.ran = 1'>x</button>",
    "<button hx-on::load='window.ran = 1'>x</button>",
    "<button data-hx-on-click='window.ran = 1'>x</button>",
    "<div hx-get='/calendar' hx-trigger='load' hx-vals='js:{a: window.ran = 1}'>x</div>",
    "<base href='//evil.example'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<style>main { display: none }</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<div><template shadowrootmode=open><img src=x onerror='window.ran = 1'></template></div>",
    "<object data='data:text/html,x'></object>",
    "<math><mtext><img src=x onerror='window.ran = 1'></mtext></math>",
]


@pytest.fixture
def inside(robin: Visit) -> Visitor:
    visitor = robin()
    visitor.page.goto("/calendar")
    return visitor


def swap(page: Page, html: str) -> str:
    """What HTMX makes of an answer with this HTML: its error, or nothing."""
    return str(
        page.evaluate(
            """async html => {
                let trouble = "";
                const note = event => { trouble = String(event.detail.error); };
                document.addEventListener("htmx:error", note);
                const answer = async () => new Response(html, {headers: {"Content-Type": "text/html"}});
                await htmx.ajax("GET", "/queue", {target: "#content", swap: "innerHTML", fetch: answer})
                    .catch(error => { trouble = String(error); });
                document.removeEventListener("htmx:error", note);
                return trouble;
            }""",
            html,
        )
    )


def ran(page: Page) -> str:
    """What ran of all that was tried, after whatever was to be loaded had its time."""
    page.wait_for_timeout(150)
    return str(page.evaluate("window.ran || ''"))


def pour(page: Page, sink: str) -> str:
    """The name of the error that stops this sink. Later, because the driver itself may evaluate what
    pages may not."""
    return str(
        page.evaluate(
            f"""x => new Promise(done => setTimeout(() => {{
                try {{ {SINKS[sink]}; done("nothing") }} catch (error) {{ done(error.name) }}
            }}))""",
            "<img src=x onerror='window.ran = 1'>",
        )
    )


def test_no_other_code_makes_html_of_a_string(inside: Visitor) -> None:
    page = inside.page
    stopped = {sink: pour(page, sink) for sink in SINKS}
    assert {sink for sink, by in stopped.items() if by not in ("TypeError", "EvalError")} == set()
    assert ran(page) == ""
    assert page.locator("img[src=x]").count() == 0
    inside.slips.clear()  # the browser reports each refusal


def test_no_code_passes_with_an_answer(inside: Visitor) -> None:
    page = inside.page
    before = page.locator("#content").inner_html()
    passed = [html for html in BAD if "is not swapped in" not in swap(page, html)]
    assert passed == []
    assert ran(page) == ""
    assert page.locator("#content").inner_html() == before
    inside.slips.clear()


GOOD = [
    "<p id='fine'>Fine &lt;script&gt; javascript: onload=</p>",
    "<svg id='fine'><use href='/static/icons.svg#x'></use></svg>",
    "<html><head><title>T</title><script src='/x.js'></script></head>"
    "<body><p id='fine'>x</p></body></html>",
]


def test_what_holds_no_code_passes(inside: Visitor) -> None:
    for html in GOOD:
        assert swap(inside.page, html) == ""
        expect(inside.page.locator("#fine")).to_have_count(1)
        inside.page.evaluate("document.getElementById('fine').remove()")


def test_pages_that_swap_still_do(inside: Visitor) -> None:
    """Months, lists, previews: each by its own request, with one set of flashes on the page."""
    page = inside.page
    month = page.locator("h1").inner_text()
    page.click("text=The month after")
    expect(page.locator("h1")).not_to_have_text(month)
    page.goto("/posts")
    page.click("nav >> text=Drafts")
    expect(page).to_have_url(re.compile(r"state=draft$"))
    page.goto("/posts/new")
    page.fill("#text", "Swapped by a trusted door")
    expect(page.locator("#previews")).to_contain_text("Swapped by a trusted door")
    assert page.locator("[id=flashes]").count() == 1
