// The one door through which text becomes HTML: what HTMX swaps in. The content security policy
// says `trusted-types htmx`, so a string that any other code gives to innerHTML is refused by the
// browser. What comes through here may hold no code either.
(() => {
  const FORBIDDEN = "script, style, link, meta, base, iframe, frame, object, embed, portal, [srcdoc], [shadowrootmode]";
  const HANDLER = /^(on|hx-on|data-hx-on)/i;
  const CODE = /^[\s\u0000-\u001f]*(javascript|js|vbscript)\s*:/i;
  const plain = { createHTML: (html) => html };
  const policy = window.trustedTypes?.createPolicy("htmx", plain) ?? plain;
  const parse = (html) => new DOMParser().parseFromString(policy.createHTML(html), "text/html");

  const refuse = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches(FORBIDDEN)) throw new TypeError(`<${element.localName}> is not swapped in`);
      for (const { name, value } of element.attributes) {
        if (HANDLER.test(name) || CODE.test(value)) throw new TypeError(`${name} is not swapped in`);
      }
      if (element.content instanceof DocumentFragment) refuse(element.content);
    }
  };

  // Of a whole page HTMX takes the title out of the head by itself; nothing else of it is wanted.
  const title = (html) => {
    const kept = document.createElement("title");
    kept.textContent = parse(html).title;
    return kept.outerHTML;
  };

  const trusted = {
    createHTML(html) {
      if (/^\s*<head[\s>]/i.test(html)) return policy.createHTML(title(html));
      refuse(parse(html));
      return policy.createHTML(html);
    },
    createScript() { throw new TypeError("no script is swapped in"); },
  };
  const never = function () { throw new TypeError("no text is run as code"); };
  htmx.registerExtension("trusted-types", { init: (api) => api.initSecurity(trusted, never, never) });
})();
