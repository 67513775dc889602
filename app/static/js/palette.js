// Ctrl-K or Cmd-K opens /find in a dialog; arrows walk over what is found, Enter opens the first.
(() => {
  const input = () => document.getElementById("find-q");
  const links = () => [...document.querySelectorAll("#found a")];
  const open = () => {
    const dialog = document.getElementById("palette");
    if (dialog && !dialog.open) dialog.showModal();
    input()?.select();
    input()?.focus();
    if (dialog) input().form.dispatchEvent(new Event("find"));
  };
  const step = (by) => {
    const all = [input(), ...links()], here = all.indexOf(document.activeElement);
    all[(here + by + all.length) % all.length].focus();
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      if (!input()) return;
      event.preventDefault();
      open();
      return;
    }
    if (event.isComposing || !event.target.closest?.("#palette, #find")) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target === input()) {
      const found = document.getElementById("found").dataset.asked;
      if (found !== input().value.trim().replace(/\s+/g, " ") || !links().length) return;
      event.preventDefault(); // what is shown is what was asked for
      links()[0].click();
    }
  });
})();
