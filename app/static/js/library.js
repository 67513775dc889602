// Files go one by one over the form's own address, each with its progress; the form also works without.
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const files = form.elements.files, button = form.querySelector("button:not([type])");
  const list = document.getElementById("uploads"), problems = document.getElementById("upload-problems");
  const template = document.getElementById("upload-row");

  const row = (file) => {
    const made = template.content.cloneNode(true).firstElementChild;
    made.querySelector(".upload-name").textContent = file.name;
    made.querySelector("progress").setAttribute("aria-label", file.name);
    list.append(made);
    return made;
  };

  const say = (item, words) => { item.querySelector(".upload-state").textContent = words; };

  const send = (file, item) => new Promise((done) => {
    const data = new FormData(form), request = new XMLHttpRequest();
    data.set("files", file);
    request.open("POST", form.action);
    request.responseType = "document";
    request.upload.addEventListener("progress", (event) => {
      item.querySelector("progress").value = event.loaded / event.total;
      say(item, event.loaded < event.total ? `${Math.floor(100 * event.loaded / event.total)} %` : "Being made ready");
    });
    request.addEventListener("loadend", () => {
      const isThere = request.status === 200;
      const told = request.response?.querySelector("#upload-problems")?.textContent.trim();
      say(item, isThere ? "Added" : told || "It did not arrive. Try again.");
      item.classList.toggle("is-bad", !isThere);
      done(isThere);
    });
    request.send(data);
  });

  form.addEventListener("submit", async (event) => {
    if (!files.files.length) return;
    event.preventDefault();
    button.disabled = true;
    problems.replaceChildren();
    list.replaceChildren();
    list.hidden = false;
    const rows = [...files.files].map((file) => [file, row(file)]);
    let all = true;
    for (const [file, item] of rows) all = await send(file, item) && all;
    button.disabled = false;
    form.reset();
    if (all) location.assign(form.action);
    else document.getElementById("upload-more").hidden = false;
  });
})();
