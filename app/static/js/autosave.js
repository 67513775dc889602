// Saves a draft two seconds after the last key. One request at a time; what could not be saved stays on
// the page and is sent again. A form that may not save itself warns before it is left.
(() => {
  const form = document.querySelector(".composer-form"), line = document.getElementById("saved");
  if (!form || !line) return;
  const meeting = document.getElementById("meeting");
  const REST = 2000, SOON = 5000, MOST = 60000, PATIENCE = 20000; // milliseconds
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
  const APART = ["csrf_token", "version", "typing", "post", "search", "action"];
  let sent = 0, timer = 0, wait = SOON, flying = null, isWaiting = false, isLeaving = false;
  let stopped = !line.dataset.url || meeting.childElementCount > 0;

  const fields = () => {
    const all = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") all.append(name, value);
      else if (value.size || value.name) all.append("unsent", value.name);
    }
    return all;
  };
  const written = () => {
    const all = fields();
    APART.forEach((name) => all.delete(name));
    return String(all);
  };
  let known = "unsaved" in form.dataset ? null : written(), refused = null;
  const isChanged = () => written() !== known;
  const say = (words) => { if (line.textContent !== words) line.textContent = words; };
  const later = (after) => { clearTimeout(timer); timer = setTimeout(save, after); };
  const next = () => { form.elements.typing.value = `${key}.${++sent}`; };
  const retry = (words) => { say(words); later(wait); wait = Math.min(wait * 2, MOST); };
  const stop = (words) => { stopped = true; say(words); };

  const become = (post, version) => {
    form.elements.post.value = post;
    form.elements.version.value = version;
    const path = post ? `/posts/${post}/edit` : "/posts/new";
    form.action = path;
    if (location.pathname !== path) history.replaceState(history.state, "", path);
  };

  const hear = async (answer, what) => {
    if (answer.type === "opaqueredirect") return stop(line.dataset.out);
    if (answer.status >= 500 || answer.status === 429) return retry(line.dataset.away);
    if (answer.status === 404) { become("", ""); return stop(line.dataset.gone); }
    wait = SOON;
    const isJson = answer.headers.get("Content-Type")?.includes("json");
    const told = isJson ? await answer.json() : { words: line.dataset.refused };
    if (answer.ok) {
      known = what;
      if (told.post) { become(told.post, told.version); say(told.words); }
      return null;
    }
    refused = what;
    if (told.meets) { stopped = true; meeting.dispatchEvent(new Event("meet")); }
    return say(told.words);
  };

  const save = async (keepalive = false) => {
    const what = written();
    if (stopped || flying || isLeaving || what === known || what === refused) return;
    next();
    const ask = fetch(line.dataset.url, { method: "POST", body: fields(), redirect: "manual", keepalive: keepalive === true, signal: AbortSignal.timeout(PATIENCE) });
    flying = ask.then((answer) => hear(answer, what)).catch(() => retry(line.dataset.away));
    await flying;
    flying = null;
    if (!stopped && isChanged() && written() !== what) later(REST);
  };

  for (const kind of ["input", "change"]) form.addEventListener(kind, () => { if (!stopped) later(REST); });
  // What else the page asks for would lead to the sign-in at once, and leave the words behind.
  form.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.status !== 401) return;
    event.preventDefault();
    stop(line.dataset.out);
  });
  window.addEventListener("online", () => save());
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });

  // A button waits for what is under way, so that it goes on from there.
  form.addEventListener("submit", async (event) => {
    if (flying) {
      event.preventDefault();
      if (isWaiting) return;
      isWaiting = true;
      await flying;
      isWaiting = false;
      if (!stopped) form.requestSubmit(event.submitter);
      return;
    }
    clearTimeout(timer);
    next();
    isLeaving = true;
  });
  window.addEventListener("pageshow", () => { isLeaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (isLeaving || !isChanged()) return;
    const isLost = stopped || flying || !navigator.onLine || refused === written();
    save(true);
    if (isLost) event.preventDefault();
  });

  if (meeting.childElementCount === 0) say(line.dataset.idle);
  if (!stopped && known === null) later(REST);
})();
