"use strict";
(() => {
  // Everything can be read without this: it sorts, filters and searches the table of verdicts.
  const table = document.querySelector("#verdicts table");
  const tools = document.querySelector("#verdicts .tools");
  const groups = [...table.tBodies];
  const rows = groups.flatMap((group) => [...group.rows].filter((row) => row.dataset.status));
  const home = new Map(rows.map((row) => [row, row.parentNode]));
  const flat = document.createElement("tbody");
  const said = document.getElementById("shown");
  const one = (name) => tools.querySelector(`[name=${name}]`);
  const words = new Map(rows.map((row) => [row, `${row.textContent} ${row.dataset.words}`.toLowerCase()]));

  const filter = () => {
    const asked = one("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const row of rows) {
      const kept = asked.every((word) => words.get(row).includes(word))
        && ["status", "kind", "theorem", "badge"].every((name) => {
          const wanted = one(name).value;
          return !wanted || row.dataset[name].split("|").includes(wanted);
        });
      row.hidden = !kept;
      number += kept;
    }
    for (const group of groups) {
      group.hidden = !rows.some((row) => home.get(row) === group && !row.hidden);
    }
    said.textContent = `${number} of ${rows.length} claims`;
  };

  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    const given = cell.dataset.sort;
    return given === undefined ? cell.textContent.trim() : given === "" ? NaN : Number(given);
  };
  const compare = (a, b) => {
    if (typeof a === "string") return a.localeCompare(b, "en", { numeric: true });
    // What has no number comes last, whichever way.
    return a - b;
  };
  const sort = (head) => {
    const now = head.getAttribute("aria-sort");
    const way = now === "ascending" ? "descending" : now === "descending" ? "none" : "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    if (way === "none") {
      flat.remove();
      for (const row of rows) home.get(row).append(row);
      for (const group of groups) table.append(group);
    } else {
      head.setAttribute("aria-sort", way);
      const column = heads.indexOf(head);
      const sign = way === "ascending" ? 1 : -1;
      const keyed = rows.map((row, place) => ({ row, place, at: key(row, column) }));
      keyed.sort((a, b) => {
        const none = Number(Number.isNaN(a.at)) - Number(Number.isNaN(b.at));
        return none || (Number.isNaN(a.at) ? 0 : sign * compare(a.at, b.at)) || a.place - b.place;
      });
      for (const group of groups) group.remove();
      flat.append(...keyed.map((entry) => entry.row));
      table.append(flat);
    }
  };
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }
  tools.addEventListener("input", filter);
  tools.addEventListener("reset", () => setTimeout(filter));
  tools.hidden = false;
  filter();

  // A link into something folded opens it.
  const open = () => {
    const at = document.querySelector(":target");
    if (!at) return;
    for (let up = at; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    at.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
  const fold = tools.querySelector("[name=fold]");
  fold.addEventListener("click", () => {
    const unfold = fold.getAttribute("aria-pressed") !== "true";
    for (const each of document.querySelectorAll("details")) each.open = unfold;
    fold.setAttribute("aria-pressed", String(unfold));
  });
})();
