// Small comforts of the composer; each step also works without.
(() => {
  const form = document.querySelector(".composer-form");
  if (!form) return;
  const files = form.querySelector("input[type=file]");
  const shots = document.getElementById("new-shots");
  const time = form.querySelector("[name=due_at]");
  const template = document.getElementById("shot");

  const showTime = () => { time.closest(".field-time").hidden = form.elements.when.value !== "at"; };
  const showPanel = (box) => { form.querySelector(`[data-channel="${box.value}"]`).hidden = !box.checked; };
  form.addEventListener("change", (event) => {
    if (event.target.name === "when") showTime();
    if (event.target.name === "channels") showPanel(event.target);
  });
  showTime();
  form.querySelectorAll("[name=channels]").forEach(showPanel);

  files?.addEventListener("change", () => {
    shots.replaceChildren();
    [...files.files].forEach((file, place) => {
      const shot = template.content.cloneNode(true);
      let still = shot.querySelector("img");
      if (file.type.startsWith("video/")) {
        const video = document.createElement("video");
        Object.assign(video, { muted: true, preload: "metadata" });
        still.replaceWith(video);
        still = video;
      }
      still.src = URL.createObjectURL(file);
      const input = shot.querySelector("input"), label = shot.querySelector("label");
      input.id = label.htmlFor = `new-alt-${place}`;
      shots.append(shot);
    });
  });

  const pick = document.getElementById("pick"), opener = document.getElementById("pick-open");
  const openPick = () => { if (!pick.matches(":modal")) { pick.close(); pick.showModal(); } };
  if (pick?.open) openPick();
  opener?.addEventListener("click", (event) => { event.preventDefault(); openPick(); });
  pick?.querySelector("[data-close]").addEventListener("click", (event) => { event.preventDefault(); pick.close(); });
  pick?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "search") event.preventDefault();
  });
  pick?.addEventListener("close", () => opener.focus());

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.querySelector("[value=schedule]").click();
  });
  window.addEventListener("pageshow", () => form.querySelectorAll("button").forEach((b) => { b.disabled = false; }));
})();
