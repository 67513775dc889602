// Pictures of the composer are put in order by dragging; the buttons beside them do the same.
(() => {
  const shots = [...document.querySelectorAll("[data-shot]")];
  let dragged = null;
  for (const shot of shots) {
    const thumb = shot.querySelector(".thumb");
    thumb.addEventListener("pointerdown", () => { shot.draggable = true; });
    shot.addEventListener("dragstart", (event) => {
      dragged = shot;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      shot.classList.add("is-dragged");
    });
    shot.addEventListener("dragover", (event) => {
      if (!dragged || dragged === shot) return;
      event.preventDefault();
      const { top, height } = shot.getBoundingClientRect();
      const share = (event.clientY - top) / height;
      const isBelow = dragged.compareDocumentPosition(shot) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (isBelow && share > 0.4) shot.after(dragged);
      else if (!isBelow && share < 0.6) shot.before(dragged);
    });
    shot.addEventListener("drop", (event) => event.preventDefault());
    shot.addEventListener("dragend", () => {
      shot.classList.remove("is-dragged");
      shot.draggable = false;
      dragged = null;
      shot.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
})();
