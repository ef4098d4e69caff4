// Comfort for forms that work without it: dropping files, adding rows, placing signature boxes with the pointer.
"use strict";

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
  });
}

const addRow = document.querySelector("[data-add-row]");
if (addRow) {
  const rows = document.querySelector("[data-rows]");
  addRow.hidden = false;
  addRow.addEventListener("click", () => {
    const row = rows.lastElementChild.cloneNode(true);
    for (const input of row.querySelectorAll("input")) input.value = "";
    rows.append(row);
    row.querySelector("input").focus();
  });
}

for (const form of document.querySelectorAll("form[data-working]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([type=button])");
    button.disabled = true;
    button.textContent = form.dataset.working;
  });
}

const placement = document.querySelector("[data-placement]");
if (placement) {
  // Boxes of seals are further down the form, in their own folded part.
  const inputs = [...document.querySelectorAll("input[data-side]")];
  const placing = placement.querySelector("#placing");
  const pages = [...placement.querySelectorAll("[data-page]")];
  const box = (side) => Object.fromEntries(
    inputs.filter((input) => input.dataset.side === side).map((input) => [input.dataset.part, input]));

  function draw() {
    for (const page of pages) {
      const svg = page.querySelector("svg");
      svg.replaceChildren();
      for (const option of placing.options) {
        const needed = option.dataset.needs && document.getElementById(option.dataset.needs);
        option.disabled = option.hidden = Boolean(needed && !needed.checked);
        if (option.disabled) continue;
        const parts = box(option.value);
        if (parts.page.value !== page.dataset.page) continue;
        const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        const shape = Number(svg.dataset.shape);
        rect.setAttribute("x", parts.x.value / 100);
        rect.setAttribute("y", (parts.y.value / 100) * shape);
        rect.setAttribute("width", parts.width.value / 100);
        rect.setAttribute("height", (parts.height.value / 100) * shape);
        svg.append(rect);
      }
    }
  }

  for (const page of pages) {
    page.querySelector("img").addEventListener("click", (event) => {
      const parts = box(placing.value);
      const area = event.target.getBoundingClientRect();
      const place = (offset, size, length) =>
        Math.max(0, Math.min(100 - length, (100 * offset) / size - length / 2)).toFixed(1);
      parts.page.value = page.dataset.page;
      parts.x.value = place(event.clientX - area.left, area.width, Number(parts.width.value));
      parts.y.value = place(event.clientY - area.top, area.height, Number(parts.height.value));
      draw();
    });
  }
  for (const input of inputs) input.addEventListener("input", draw);
  for (const choice of document.querySelectorAll("[data-seals] input[type=checkbox]")) {
    choice.addEventListener("change", draw);
  }
  placement.querySelector("[data-placing]").hidden = false;
  draw();
}
