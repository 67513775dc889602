// Copy and print the recovery codes; both can also be done by hand.
(() => {
  const codes = document.querySelector("[data-codes]");
  if (!codes) return;
  const copy = document.querySelector("[data-copy]"), print = document.querySelector("[data-print]");
  copy.hidden = !navigator.clipboard;
  print.hidden = false;
  print.addEventListener("click", () => window.print());
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText([...codes.children].map((one) => one.textContent).join("\n"));
    document.querySelector("[data-copied]").hidden = false;
  });
})();
