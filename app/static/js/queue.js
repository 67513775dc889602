// Alt and an arrow move the post in focus; the buttons beside it do the same.
(() => {
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const way = event.key === "ArrowUp" ? "up" : "down";
    const button = event.target.closest(".queued")?.querySelector(`button[name=${way}]`);
    if (!button || button.disabled) return;
    event.preventDefault();
    button.click();
  });
})();
