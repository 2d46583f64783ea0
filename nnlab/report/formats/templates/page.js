"use strict";
// The page is complete without this script, which adds sorting, filters and keys.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const compareText = new Intl.Collator("en", { numeric: true }).compare;

// A region that scrolls is reachable with the keyboard; one that does not scroll is skipped by the tab key.
function scrollableByKeys() {
  for (const box of all(".box")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    markEdge(box);
  }
}

// Mark the edge of a region with hidden content, because phones show no scroll bar.
function markEdge(box) {
  box.classList.toggle("more", box.scrollLeft + box.clientWidth + 1 < box.scrollWidth);
}

function makeSortable(table) {
  const heads = all("thead th", table);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sortRows(table, column, down ? -1 : 1);
    });
  });
}

// In a numeric column, rows without a number come last in both directions; equal rows keep their order.
function sortRows(table, column, direction) {
  const body = table.tBodies[0];
  const keys = new Map([...body.rows].map((row) => [row, keyOf(row.cells[column])]));
  const numeric = [...keys.values()].some((key) => !Number.isNaN(key.number));
  const compare = (a, b) => {
    if (!numeric) return direction * compareText(a.text, b.text);
    const missing = Number.isNaN(a.number) - Number.isNaN(b.number);
    return missing || direction * (a.number > b.number ? 1 : a.number < b.number ? -1 : 0);
  };
  body.append(...[...body.rows].sort((a, b) => compare(keys.get(a), keys.get(b))));
}

function keyOf(cell) {
  const written = (cell.dataset.number ?? "nan").replace("inf", "Infinity");
  return { text: cell.textContent.trim(), number: Number(written) };
}

function makeFilter(field) {
  const table = document.getElementById(field.dataset.filterFor);
  const rows = [...table.tBodies[0].rows];
  const output = document.querySelector(`[data-count-for="${field.dataset.filterFor}"]`);
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    output.textContent = field.value.trim() ? `${shown} of ${rows.length}` : "";
    scrollableByKeys();
  };
  field.addEventListener("input", show);
  show(); // the browser may restore the field when the page is reloaded
}

function makeCopyable(code) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  code.append(button);
}

function makeMatrix(figure) {
  const table = figure.querySelector("table");
  const body = table.tBodies[0];
  const columnHeads = [...table.tHead.rows[1].cells];
  const rows = [...body.rows];
  const rowHeads = rows.map((row) => row.cells[0]);
  const cells = rows.map((row) => [...row.cells].slice(1));
  const names = rowHeads.map((head) => head.textContent);
  const counts = cells.map((line) => line.map((cell) => Number(cell.dataset.count ?? 0)));
  const support = counts.map((line) => line.reduce((sum, count) => sum + count, 0));
  const share = (truth, predicted) => 100 * counts[truth][predicted] / Math.max(support[truth], 1);
  const place = new Map(cells.flatMap((line, truth) => line.map((cell, predicted) => [cell, [truth, predicted]])));
  const classes = names.map((_, index) => index);
  let order = classes;
  let focused = cells[0]?.[0];
  let marked = [];

  const describe = (event) => {
    const found = place.get(event.target.closest("td"));
    if (!found) return;
    const [truth, predicted] = found;
    const [count, whole] = [counts[truth][predicted], support[truth]].map((number) => number.toLocaleString("en"));
    figure.querySelector(".reading").textContent =
      `true ${names[truth]}, predicted ${names[predicted]}: ${count} of ${whole} (${share(truth, predicted).toFixed(1)} %)`;
    marked.forEach((head) => head.classList.remove("current"));
    marked = [rowHeads[truth], columnHeads[predicted]];
    marked.forEach((head) => head.classList.add("current"));
  };

  const sortings = {
    given: () => 0,
    name: (a, b) => compareText(names[a], names[b]),
    recall: (a, b) => !support[a] - !support[b] || share(a, a) - share(b, b),
    support: (a, b) => support[b] - support[a],
  };
  const sort = (by) => {
    order = [...classes].sort(sortings[by]);
    body.append(...order.map((truth) => rows[truth]));
    table.tHead.rows[1].append(...order.map((predicted) => columnHeads[predicted]));
    rows.forEach((row, truth) => row.append(...order.map((predicted) => cells[truth][predicted])));
  };

  const write = (what) => {
    for (const [cell, [truth, predicted]] of place) {
      const count = counts[truth][predicted];
      cell.textContent = what === "counts" || !count ? count.toLocaleString("en") : share(truth, predicted).toFixed(1);
    }
  };

  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const walk = (event) => {
    const step = steps[event.key];
    const from = place.get(event.target);
    if (!step || !from) return;
    event.preventDefault();
    const [truth, predicted] = from.map((index, axis) => order[order.indexOf(index) + step[axis]] ?? index);
    focused.tabIndex = -1;
    focused = cells[truth][predicted];
    focused.tabIndex = 0;
    focused.focus();
  };

  if (focused) focused.tabIndex = 0;
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", "confusion matrix; the arrow keys move from cell to cell");
  body.addEventListener("pointerover", describe);
  body.addEventListener("focusin", describe);
  body.addEventListener("keydown", walk);
  figure.querySelector("[data-order]").addEventListener("change", (event) => sort(event.target.value));
  figure.querySelector("[data-show]")?.addEventListener("change", (event) => write(event.target.value));
}

function followContents() {
  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  const visible = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) visible[entry.isIntersecting ? "add" : "delete"](entry.target.id);
    const current = [...links.keys()].find((name) => visible.has(name));
    links.forEach((link, name) => {
      if (name === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  });
  all("main > section").forEach((section) => observer.observe(section));
}

all("table.sortable").forEach(makeSortable);
all("[data-filter-for]").forEach(makeFilter);
all(".code").forEach(makeCopyable);
all(".matrix").forEach(makeMatrix);
all(".controls").forEach((controls) => { controls.hidden = false; });
all(".contents").forEach((contents) => { contents.open = matchMedia("(min-width: 72rem)").matches; });
followContents();
scrollableByKeys();
all(".box").forEach((box) => box.addEventListener("scroll", () => markEdge(box)));
addEventListener("resize", scrollableByKeys);
