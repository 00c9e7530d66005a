// The page is complete without this. It adds two comforts: a number of the confusion matrix opens its examples in
// place, and the curves can be read off with the pointer or the arrow keys.
"use strict";

for (const link of document.querySelectorAll("a[href^='#cell-']")) {
  link.addEventListener("click", event => {
    const panel = document.getElementById(link.hash.slice(1))?.closest("details");
    if (!panel) return;
    event.preventDefault();
    for (const other of panel.parentElement.children) other.open = other === panel;
    panel.querySelector("summary").focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  });
}

for (const link of document.querySelectorAll("a[href='#epochs']")) {
  link.addEventListener("click", () => { document.querySelector("#epochs details")?.setAttribute("open", ""); });
}

// Many cells: only the open one is listed.
for (const panels of document.querySelectorAll(".panels")) {
  panels.classList.toggle("only-open", panels.children.length > 6);
  const mark = () => {
    for (const panel of panels.querySelectorAll("details")) {
      const cell = document.querySelector(`a[href="#${panel.querySelector("div").id}"]`);
      cell?.parentElement.classList.toggle("chosen", panel.open);
      cell?.setAttribute("aria-expanded", panel.open);
    }
  };
  panels.addEventListener("toggle", mark, true);
  mark();
}

const rows = [...document.querySelectorAll("#epochs tbody tr")].map(row => [...row.cells].map(cell => cell.textContent));
for (const chart of document.querySelectorAll("[data-columns]")) {
  const area = chart.querySelector(".area");
  const names = [...chart.querySelectorAll(".legend li")].map(item => item.textContent.trim());
  const columns = chart.dataset.columns.split(" ").map(Number);
  const from = Number(area.dataset.from), to = Number(area.dataset.to);
  const epoch = row => parseInt(row[0], 10);
  const cursor = area.appendChild(document.createElement("div"));
  cursor.className = "cursor";
  const output = chart.querySelector(".plot").appendChild(document.createElement("output"));
  let at = -1;

  const show = index => {
    at = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[at];
    cursor.style.left = `${(100 * (epoch(row) - from)) / (to - from)}%`;
    cursor.hidden = false;
    output.textContent = `epoch ${row[0]}: ` + columns.map((c, i) => `${names[i]} ${row[c]}`).join(", ");
  };
  const hide = () => { cursor.hidden = true; output.textContent = ""; };

  hide();
  if (!rows.length) continue;
  area.tabIndex = 0;
  area.setAttribute("role", "group");
  area.setAttribute("aria-label", "Read off with the left and right arrow keys");
  area.addEventListener("pointermove", event => {
    const box = area.getBoundingClientRect();
    const wanted = from + ((event.clientX - box.left) / box.width) * (to - from);
    const distance = row => Math.abs(epoch(row) - wanted);
    show(rows.reduce((best, row, i) => (distance(row) < distance(rows[best]) ? i : best), 0));
  });
  area.addEventListener("pointerleave", hide);
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); show(at < 0 ? 0 : at + step); }
    if (event.key === "Escape") hide();
  });
}
