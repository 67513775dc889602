// What of a page is not ours: elements and attributes with the mark, addresses that lead elsewhere, and
// whether something ran. Also the text that the page shows, to know which payloads were there at all.
// With `html`: of that text as a page, which is only read.
([mark, html]) => {
  const faults = [], shown = [];
  const ADDRESSES = ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "ping", "background", "cite",
    "manifest", "longdesc", "srcset", "codebase", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-push-url"];
  const FOREIGN = "script:not([src]), style, base, iframe, object, embed, portal, frame, meta[http-equiv], [srcdoc], [shadowrootmode]";
  const READ = ["alt", "title", "aria-label", "placeholder", "content", "href", "data-value"];

  const leads = (element, name, value) => {
    if (name === "hx-push-url" && /^(true|false)$/.test(value)) return "";
    if (element.localName === "img" && /^data:image\/(png|svg\+xml)[;,]/.test(value) && element.className === "qr") return "";
    if (element.localName === "img" && value === "data:,") return ""; // the empty shot of the composer
    let address;
    try { address = new URL(value, location.href); } catch { return "is no address"; }
    const isLink = name === "href" && element.localName === "a";
    if (isLink && /^(https?|mailto):$/.test(address.protocol)) return "";
    return address.origin === location.origin ? "" : "leads elsewhere";
  };

  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const name = element.localName;
      if (element.hasAttribute(mark)) faults.push(`<${name}> carries the mark`);
      if (element.matches(FOREIGN)) faults.push(`<${name}> is not ours`);
      for (const { name: key, value } of element.attributes) {
        if (/^on|^(data-)?hx-on/i.test(key)) faults.push(`<${name} ${key}> runs ${value}`);
        if (/^(data-)?hx-(vals|headers|config)$/.test(key) && /^\s*(js|javascript):/i.test(value)) faults.push(`<${name} ${key}> runs`);
        const fault = ADDRESSES.includes(key) ? leads(element, key, value) : "";
        if (fault) faults.push(`<${name} ${key}> ${fault}: ${value.slice(0, 80)}`);
        if (READ.includes(key)) shown.push(value);
      }
      if ("value" in element && typeof element.value === "string") shown.push(element.value);
      if (element.content instanceof DocumentFragment) look(element.content);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  const root = html === null ? document : new DOMParser().parseFromString(html, "text/html");
  look(root);
  shown.push(root.documentElement.textContent);
  if (window.pwned) faults.push("code ran");
  return { faults, shown: shown.join("\n") };
}
