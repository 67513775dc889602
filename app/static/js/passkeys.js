// Passkeys: asks the browser for one and sends what it answers with the form around the button.
(() => {
  const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  // For browsers that have passkeys but not yet the JSON forms of WebAuthn level 3.
  const opened = (options) => {
    const made = { ...options, challenge: toBytes(options.challenge) };
    if (options.user) made.user = { ...options.user, id: toBytes(options.user.id) };
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      if (options[list]) made[list] = options[list].map((one) => ({ ...one, id: toBytes(one.id) }));
    }
    return made;
  };
  const closed = (key) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[name]) response[name] = toText(key.response[name]);
    }
    return { id: key.id, rawId: toText(key.rawId), type: key.type, response, clientExtensionResults: key.getClientExtensionResults() };
  };

  const ask = async (form) => {
    const sent = await fetch(form.dataset.challenge, { method: "POST", body: new URLSearchParams({ csrf_token: form.elements.csrf_token.value }) });
    if (!sent.ok || sent.redirected) { location.reload(); return null; } // the sign-in is too old by now
    const options = await sent.json(), kind = window.PublicKeyCredential;
    const isNew = form.dataset.passkey === "create";
    const parse = isNew ? kind.parseCreationOptionsFromJSON : kind.parseRequestOptionsFromJSON;
    const publicKey = parse ? parse.call(kind, options) : opened(options);
    const key = await (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
    return JSON.stringify(key.toJSON ? key.toJSON() : closed(key));
  };

  const say = (form, name) => {
    const all = [...form.querySelectorAll("[data-passkey-said]")];
    const known = all.some((one) => one.dataset.passkeySaid === name);
    all.forEach((one) => { one.hidden = !name || one.dataset.passkeySaid !== (known ? name : "other"); });
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    say(form, "");
    try {
      const answer = await ask(form);
      if (answer) { form.elements.credential.value = answer; form.submit(); }
    } catch (error) {
      say(form, error.name);
      button.disabled = false;
      button.focus();
    }
  });

  if (!window.PublicKeyCredential) return;
  document.querySelectorAll("[data-passkey] button").forEach((button) => { button.hidden = false; });
  document.querySelectorAll("[data-passkey-unable]").forEach((words) => { words.hidden = true; });
})();
