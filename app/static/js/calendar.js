// Posts are moved by dragging, or with the keys: m picks up, arrows choose, Enter drops, Escape gives up.
// A cell that takes posts says which day or hour it is (data-at); a post that may be moved says its time.
(() => {
  let held = null; // { id, at, words, chip }
  let aim = null; // the cell it would drop into
  let edge = {}; // how the page was left while choosing: { way, hour }

  const one = (selector) => document.querySelector(selector);
  const cells = () => [...document.querySelectorAll("#calendar td[data-at]")];
  const at = (cell) => {
    const [day, hour] = cell.dataset.at.split("T");
    const time = held.at.slice(11);
    return `${day}T${!hour || time.startsWith(hour) ? time : `${hour}:00`}`;
  };
  const spoken = (time) => {
    const date = new Date(`${time}:00Z`); // the wall's own time: no zone is applied
    const day = date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
    return `${day}, ${time.slice(11)}`;
  };
  const touches = matchMedia("(hover: none)").matches;
  const DROPS = touches ? "Press where it shall go." : "Enter drops it there.";
  const say = (words) => { one("#carrying p").textContent = words; }; // empty, it is out of sight

  const point = (cell) => {
    aim?.classList.remove("is-aim");
    delete aim?.dataset.drop;
    aim = cell;
    if (!cell) return;
    cell.dataset.drop = at(cell).slice(11);
    cell.classList.add("is-aim");
  };
  const here = () => cells().find((cell) => held.at.startsWith(cell.dataset.at)) ?? cells()[0];

  const pick = (chip) => {
    held = { id: chip.pathname.split("/").pop(), at: chip.dataset.at, words: chip.querySelector("span").textContent, chip };
    chip.classList.add("is-held");
    one("#calendar").classList.add("is-choosing");
  };
  const take = (chip) => {
    pick(chip);
    chip.focus();
    point(chip.closest("td[data-at]") ?? here());
    const how = touches ? DROPS : "Arrow keys choose another time, Enter drops it there, Escape gives up.";
    say(`${held.words.slice(0, 40)}, ${spoken(held.at)}. ${how}`);
  };
  const release = () => {
    point(null);
    held?.chip.classList.remove("is-held");
    one("#calendar")?.classList.remove("is-choosing");
    held = null;
    edge = {};
  };
  const giveUp = () => {
    const { at: time, chip } = held;
    release();
    say("");
    one("#flashes").textContent = `It stays on ${spoken(time)}.`;
    if (chip.isConnected) chip.focus();
  };
  const drop = (cell) => {
    const source = one("#drop"); // says what is swapped, and what to come back to
    const { id, at: before } = held;
    const values = { due_at: at(cell), fold: "again" in cell.dataset ? "1" : "0" };
    if (values.due_at === before) return giveUp();
    release();
    say("");
    htmx.ajax("POST", `/posts/${id}/move`, { source, values });
  };

  // One cell on, past what takes nothing; by days a week runs on into the next. Off the page: turn it.
  const step = (across, down) => {
    const rows = [...aim.closest("tbody").rows];
    let row = rows.indexOf(aim.parentElement), place = aim.cellIndex;
    const runsOn = !aim.dataset.at.includes("T");
    do {
      place += across;
      row += down;
      if (runsOn && !rows[row]?.cells[place] && across) {
        row += across;
        place = across > 0 ? 0 : 6;
      }
    } while (rows[row]?.cells[place] && !rows[row].cells[place].dataset.at);
    const next = rows[row]?.cells[place];
    if (next?.dataset.at) {
      point(next);
      next.scrollIntoView({ block: "nearest" });
      return say(`${spoken(at(next))}. ${DROPS}`);
    }
    const hour = aim.dataset.at.slice(10);
    if (across) turn(across > 0 ? "next" : "prev", hour);
    else if (runsOn || one(".hours.is-day")) turn(down > 0 ? "next" : "prev", "");
  };
  const turn = (way, hour) => {
    if (way === "prev" && "first" in one("#calendar").dataset) return say("Before that, time has passed.");
    edge = { way, hour };
    one(`#calendar a[rel=${way}]`).click();
  };
  document.addEventListener("htmx:after:swap", () => {
    if (!held || !one("#calendar")) return;
    one("#calendar").classList.add("is-choosing");
    const found = cells();
    if (edge.way === "prev") found.reverse();
    const next = found.find((cell) => cell.dataset.at.endsWith(edge.hour ?? "")) ?? found[0];
    edge = {};
    if (!next) return giveUp();
    point(next);
    say(`${spoken(at(next))}. ${DROPS}`);
  });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!held) {
      const chip = event.target.closest?.("#calendar .chip-line")?.querySelector(".chip[data-at]");
      if (event.key !== "m" || !chip || !cells().length) return;
      event.preventDefault();
      return take(chip);
    }
    if (event.key === "Escape") giveUp();
    else if (event.key === "Enter" && !event.target.closest("#carrying, header, form")) drop(aim);
    else if (ARROWS[event.key]) step(...ARROWS[event.key]);
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const move = event.target.closest(".chip-move");
    if (move && cells().length) {
      event.preventDefault();
      if (held) release();
      return take(move.parentElement.querySelector(".chip"));
    }
    if (!held) return;
    if (event.target.closest("#carrying button")) return giveUp();
    const cell = event.target.closest("#calendar td[data-at]");
    if (!cell) return;
    event.preventDefault();
    drop(cell);
  });

  document.addEventListener("dragstart", (event) => {
    const chip = event.target.closest?.("#calendar .chip[data-at]");
    if (!chip) return;
    if (held) release();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", chip.querySelector("span").textContent);
    pick(chip);
  });
  document.addEventListener("dragover", (event) => {
    const cell = held && event.target.closest?.("#calendar td[data-at]");
    if (held && cell !== aim) point(cell);
    if (cell) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!held || !aim) return;
    event.preventDefault();
    drop(aim);
  });
  document.addEventListener("dragend", () => held && release());
})();
