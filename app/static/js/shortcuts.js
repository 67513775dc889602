// Keys for people who like them; every one of them is also a link.
(() => {
  const places = { c: "/calendar", q: "/queue", p: "/posts", n: "/analytics", h: "/channels", a: "/approvals" };
  let going = -Infinity;
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const list = document.getElementById("shortcuts");
    if (!list || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const soon = event.timeStamp - going < 1200;
    if (event.key === "?") list.showModal();
    else if (event.key === "g") { going = event.timeStamp; return; }
    else if (soon && places[event.key]) location.href = places[event.key];
    else if (event.key === "c") location.href = "/posts/new";
    going = -Infinity;
  });
})();
