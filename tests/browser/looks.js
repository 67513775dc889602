// What of a page cannot be read or hit, in the shade and at the width that it has now: text with too little
// contrast (WCAG 1.4.3), what can be pressed, is small and too near to another (2.5.8), values of ARIA that say
// nothing (4.1.2), and how far the page scrolls sideways. A text that lies on a picture is not decided.
() => {
  const faults = [];
  const told = (element) => element.outerHTML.slice(0, 120);
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = new Map(); // the text of a colour -> red, green, blue (0 to 255) and alpha (0 to 1)
  const colour = (text) => {
    if (!read.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      read.set(text, [red, green, blue, alpha / 255]);
    }
    return read.get(text);
  };
  const over = (upper, lower, alpha) => [0, 1, 2].map((part) => upper[part] * alpha + lower[part] * (1 - alpha));
  const grounds = new Map(); // element -> what its text stands on, or null where that is a picture
  const ground = (element) => {
    if (!element) return colour("canvas");
    if (!grounds.has(element)) {
      const style = getComputedStyle(element), own = colour(style.backgroundColor);
      const below = own[3] === 1 ? own : ground(element.parentElement);
      const isPicture = style.backgroundImage !== "none";
      grounds.set(element, isPicture || !below ? null : over(own, below, own[3] * style.opacity));
    }
    return grounds.get(element);
  };
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const opacity = (element) => (element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1);

  const texts = new Set(document.querySelectorAll("select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])"));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.add(walker.currentNode.parentElement);
  // Drawn, never shown, or not to be used now: what is carried over the calendar is dimmed where it was.
  const EXEMPT = "svg, script, noscript, template, option, :disabled, [aria-disabled=true], label:has(:disabled), .is-held";
  for (const element of texts) {
    if (element.closest(EXEMPT) || !shown(element)) continue;
    const { width, height } = element.getBoundingClientRect(), below = ground(element);
    if (width <= 1 || height <= 1 || !below) continue;
    const style = getComputedStyle(element), ink = colour(style.color), size = parseFloat(style.fontSize);
    const [dark, bright] = [light(below), light(over(ink, below, ink[3] * opacity(element)))].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < least - 0.01) faults.push(`contrast ${ratio.toFixed(2)}: ${told(element)}`);
  }

  const LEAST = 24;
  const found = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")];
  const box = (element) => (element.labels?.[0]?.contains(element) ? element.labels[0] : element).getBoundingClientRect();
  const targets = found.filter(shown).map((element) => [element, box(element)]).filter(([, place]) => place.width > 1 && place.height > 1);
  const isSmall = (place) => Math.min(place.width, place.height) < LEAST - 0.05;
  const isInText = (element) => getComputedStyle(element).display === "inline" && element.parentElement.textContent.trim().length > element.textContent.trim().length;
  const layer = (element) => {
    // What stays in its place while the page below is scrolled is near to nothing there.
    while (element && !/fixed|sticky/.test(getComputedStyle(element).position)) element = element.parentElement;
    return element;
  };
  const middle = (place) => [place.x + place.width / 2, place.y + place.height / 2];
  const away = ([x, y], place) => Math.hypot(Math.max(place.left - x, 0, x - place.right), Math.max(place.top - y, 0, y - place.bottom));
  for (const [element, place] of targets) {
    if (!isSmall(place) || isInText(element)) continue;
    const centre = middle(place);
    const near = targets.find(([other, there]) => {
      if (other.contains(element) || element.contains(other) || (isSmall(there) && isInText(other))) return false;
      const isNear = away(centre, there) < LEAST / 2 - 0.05;
      const areNear = isSmall(there) && Math.hypot(centre[0] - middle(there)[0], centre[1] - middle(there)[1]) < LEAST - 0.05;
      return (isNear || areNear) && layer(element) === layer(other);
    });
    if (near) faults.push(`too small beside another: ${told(element)}, ${told(near[0])}`);
  }

  const YES = "true false";
  const VALUES = {
    "aria-hidden": YES, "aria-expanded": YES, "aria-selected": YES, "aria-modal": YES, "aria-busy": YES, "aria-atomic": YES,
    "aria-disabled": YES, "aria-required": YES, "aria-readonly": YES, "aria-multiline": YES, "aria-multiselectable": YES,
    "aria-pressed": `${YES} mixed`, "aria-checked": `${YES} mixed`, "aria-invalid": `${YES} grammar spelling`,
    "aria-current": `${YES} page step location date time`, "aria-live": "polite assertive off", "aria-orientation": "horizontal vertical",
    "aria-sort": "ascending descending none other", "aria-haspopup": `${YES} menu listbox tree grid dialog`,
    "aria-autocomplete": "inline list both none",
  };
  const POINTS = /^aria-(labelledby|describedby|controls|owns|activedescendant|errormessage|details|flowto)$/;
  const NUMBERS = /^aria-(valuenow|valuemin|valuemax|level|posinset|setsize|colspan|rowspan|colindex|rowindex)$/;
  for (const element of document.querySelectorAll("body *")) {
    for (const { name, value } of element.attributes) {
      if (!name.startsWith("aria-")) continue;
      const isHeldBack = name === "aria-controls" && (element.ariaExpanded === "false" || element.ariaHasPopup);
      const isLost = POINTS.test(name) && !isHeldBack && !value.split(/\s+/).some((id) => document.getElementById(id));
      const isUnknown = name in VALUES && !VALUES[name].split(" ").includes(value);
      if (isLost || isUnknown || (NUMBERS.test(name) && !/^-?[\d.]+$/.test(value))) faults.push(`${name} says ${value}: ${told(element)}`);
    }
  }

  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) faults.push(`${wide} px too wide`);
  return faults;
}
