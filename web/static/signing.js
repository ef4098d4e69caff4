// The signing page works without this script; with it, what is to be filled in comes one by one, "I have read it"
// waits until every page of every document has been seen, and a signature can be drawn.
"use strict";

const act = document.querySelector("[data-act]");
const form = act.querySelector("[data-signing-form]");
const pages = [...document.querySelectorAll("[data-page]")];
const tasks = [...form.querySelectorAll("[data-task]")];
const left = document.querySelector("[data-left]");
const next = document.querySelector("[data-next]");
const progress = document.querySelector("[data-progress]");
const readAll = form.querySelector("[data-read-all]");
const readHint = form.querySelector("[data-read-hint]");
const fill = (text, count) => text.replace("{count}", count);

// Which pages were seen, kept for this tab: a page that comes back after a mistyped code needn't be read again.
const storageKey = "seen:" + act.dataset.seat;
const seen = new Set(JSON.parse(sessionStorage.getItem(storageKey) || "[]"));
if (readAll.checked) for (const page of pages) seen.add(page.dataset.page);

function showProgress() {
  const unread = pages.filter((page) => !seen.has(page.dataset.page));
  const open = tasks.filter((task) => !isDone(task));
  progress.value = pages.length - unread.length + tasks.length - open.length;
  const missing = [];
  if (unread.length) missing.push(fill(left.dataset.pages, unread.length));
  if (open.length) missing.push(fill(left.dataset.fields, open.length));
  const said = missing.join(" · ") || left.dataset.ready;
  if (left.textContent !== said) left.textContent = said;
  next.textContent = unread.length ? next.dataset.read : open.length ? next.dataset.fill : next.dataset.finish;
  readAll.disabled = unread.length > 0;
  readHint.hidden = unread.length === 0;
  for (const tab of document.querySelectorAll("[data-document-tab]")) {
    const rest = unread.filter((page) => page.dataset.document === tab.dataset.documentTab).length;
    const label = tab.querySelector("[data-document-left]");
    label.textContent = rest ? fill(left.dataset.pages, rest) : label.dataset.done;
  }
  for (const mark of document.querySelectorAll("[data-mark]")) {
    const task = document.getElementById(mark.dataset.mark);
    mark.classList.toggle("done", Boolean(task) && isDone(task));
  }
}

if ("IntersectionObserver" in window) {
  // A page counts as seen once its lower edge has come into view, and its picture has arrived.
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const page = entry.target.closest("[data-page]");
      if (!entry.isIntersecting || !hasPicture(page)) continue;
      seen.add(page.dataset.page);
      observer.unobserve(entry.target);
    }
    sessionStorage.setItem(storageKey, JSON.stringify([...seen]));
    showProgress();
  });
  const hasPicture = (page) => page.querySelector("img").naturalWidth > 0;
  for (const page of pages) {
    if (seen.has(page.dataset.page)) continue;
    const edge = page.querySelector("figcaption");
    observer.observe(edge);
    // Observing anew asks again whether the edge is in view.
    page.querySelector("img").addEventListener("load", () => { observer.unobserve(edge); observer.observe(edge); });
  }
} else {
  for (const page of pages) seen.add(page.dataset.page);
}

// One thing at a time.
let current = 0;

function isDone(task) {
  const pad = task.querySelector("[data-pad]");
  if (pad) {
    const way = pad.querySelector("input[type=radio]:checked").value;
    return way === "typed" || Boolean(pad.querySelector("[data-picture]").value) ||
      (way === "uploaded" && pad.querySelector("[data-file]").files.length > 0);
  }
  const inputs = [...task.querySelectorAll("input")];
  // Not checkValidity(): asking must not make the browser complain (it would call the listener below, and so on).
  return inputs.length > 0 && inputs.every((input) => input.validity.valid);
}

function showTask(index) {
  if (!tasks.length) return;
  current = Math.max(0, Math.min(tasks.length - 1, index));
  tasks.forEach((task, number) => { task.hidden = number !== current; });
  const count = form.querySelector("[data-task-count]");
  const open = tasks.filter((task) => !isDone(task)).length;
  count.textContent = count.dataset.text
    .replace("{number}", current + 1).replace("{count}", tasks.length).replace("{open}", open);
  count.hidden = tasks.length < 2;
  form.querySelector("[data-task-buttons]").hidden = tasks.length < 2;
  form.querySelector("[data-task-back]").disabled = current === 0;
  form.querySelector("[data-task-on]").disabled = current === tasks.length - 1;
  document.dispatchEvent(new Event("task-shown"));
}

function goToTask(index) {
  showTask(index);
  tasks[current].scrollIntoView({ block: "center" });
  const input = tasks[current].querySelector("input:not([type=hidden]):not([type=file])");
  (input || tasks[current]).focus({ preventScroll: true });
}

function goOn() {
  const task = tasks[current];
  for (const input of task.querySelectorAll("input")) if (!input.reportValidity()) return;
  goToTask(current + 1);
}

if (tasks.length) {
  form.querySelector("[data-task-back]").addEventListener("click", () => goToTask(current - 1));
  form.querySelector("[data-task-on]").addEventListener("click", goOn);
  const first = tasks.findIndex((task) => !isDone(task));
  showTask(first < 0 ? 0 : first);
}

next.addEventListener("click", (event) => {
  event.preventDefault();
  const unread = pages.find((page) => !seen.has(page.dataset.page));
  const open = tasks.findIndex((task) => !isDone(task));
  if (unread) {
    // Its lower edge: a tall page on a small screen is read from the top, so step through it.
    const box = unread.getBoundingClientRect();
    const step = window.innerHeight * 0.8;
    if (box.top > step) unread.scrollIntoView({ block: "start" });
    else window.scrollBy({ top: Math.min(step, box.bottom - window.innerHeight + 60) });
  } else if (open >= 0) {
    goToTask(open);
  } else {
    document.getElementById("step-code").scrollIntoView({ block: "start" });
    (form.querySelector("#code") || form.querySelector("#consent")).focus({ preventScroll: true });
  }
});

for (const mark of document.querySelectorAll("[data-mark]")) {
  mark.addEventListener("click", (event) => {
    event.preventDefault();
    goToTask(tasks.findIndex((task) => task.id === mark.dataset.mark));
  });
}

// What the browser finds missing may be in a task that isn't shown just now.
form.addEventListener("invalid", (event) => {
  const index = tasks.findIndex((task) => task.contains(event.target));
  if (index >= 0 && index !== current && !tasks.some((task) => task.contains(document.activeElement))) goToTask(index);
}, true);

form.addEventListener("keydown", (event) => {
  const isInput = event.target.matches("[data-task] input:not([type=radio]):not([type=file])");
  if (event.key !== "Enter" || !isInput) return;
  event.preventDefault();
  if (current < tasks.length - 1) goOn();
});
form.addEventListener("input", () => { showProgress(); });
form.addEventListener("change", () => { showProgress(); });

form.addEventListener("submit", (event) => {
  if (event.submitter && event.submitter.hasAttribute("formaction")) return;
  const open = tasks.findIndex((task) => !isDone(task));
  if (open >= 0) {
    event.preventDefault();
    goToTask(open);
    return;
  }
  const button = form.querySelector("[data-submit]");
  if (button.disabled) return event.preventDefault();
  button.disabled = true;
  button.textContent = act.dataset.working;
});

// Drawing a signature: pen, finger or mouse. Strokes are kept in parts of the pad, so that turning a phone keeps them.
const INK = "#101f4a";

function startPad(pad) {
  const canvas = pad.querySelector("[data-canvas]");
  const picture = pad.querySelector("[data-picture]");
  const drawn = pad.querySelector("input[value=drawn]");
  const strokes = [];
  let stroke = null;

  function paint() {
    const area = canvas.getBoundingClientRect();
    if (!area.width) return;
    const scale = Math.min(3, Math.max(1, window.devicePixelRatio || 1));
    canvas.width = Math.round(area.width * scale);
    canvas.height = Math.round(area.height * scale);
    const pen = canvas.getContext("2d");
    pen.strokeStyle = pen.fillStyle = INK;
    pen.lineWidth = 2.8 * scale;
    pen.lineCap = pen.lineJoin = "round";
    for (const points of strokes) {
      const at = points.map(([x, y]) => [x * canvas.width, y * canvas.height]);
      pen.beginPath();
      if (at.length === 1) {
        pen.arc(at[0][0], at[0][1], pen.lineWidth / 2, 0, 2 * Math.PI);
        pen.fill();
        continue;
      }
      pen.moveTo(...at[0]);
      for (let i = 1; i < at.length - 1; i += 1) {
        pen.quadraticCurveTo(at[i][0], at[i][1], (at[i][0] + at[i + 1][0]) / 2, (at[i][1] + at[i + 1][1]) / 2);
      }
      pen.lineTo(...at[at.length - 1]);
      pen.stroke();
    }
  }

  function point(event) {
    const area = canvas.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
  }

  function keep() {
    const kept = pad.querySelector("[data-kept]");
    if (kept) kept.remove();
    picture.value = strokes.length ? canvas.toDataURL("image/png") : "";
    showProgress();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    stroke = [point(event)];
    strokes.push(stroke);
    drawn.checked = true;
    paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const move of moves.length ? moves : [event]) stroke.push(point(move));
    paint();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (!stroke) return;
      stroke = null;
      keep();
    });
  }
  pad.querySelector("[data-undo]").addEventListener("click", () => { strokes.pop(); paint(); keep(); });
  pad.querySelector("[data-clear]").addEventListener("click", () => { strokes.length = 0; paint(); keep(); });
  pad.querySelector("[data-file]").addEventListener("change", () => {
    pad.querySelector("input[value=uploaded]").checked = true;
    picture.value = "";
    showWay();
  });

  function showWay() {
    const way = pad.querySelector("input[type=radio]:checked").value;
    for (const part of pad.querySelectorAll("[data-way]")) part.hidden = part.dataset.way !== way;
    paint();
  }
  for (const radio of pad.querySelectorAll("input[type=radio]")) {
    radio.addEventListener("change", () => {
      // A picture belongs to the way it was made.
      const kept = pad.querySelector("[data-kept]");
      if (kept) kept.remove();
      picture.value = "";
      showWay();
      if (radio === drawn && strokes.length) keep();
    });
  }
  pad.querySelector("[data-script]").hidden = false;
  showWay();
  document.addEventListener("task-shown", paint);
  window.addEventListener("resize", paint);
}

for (const pad of form.querySelectorAll("[data-pad]")) startPad(pad);

for (const other of act.querySelectorAll("form:not([data-signing-form])")) {
  other.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.hasAttribute("formaction")) return;
    const button = other.querySelector("button:not([formaction]):not(.visually-hidden)");
    if (button.disabled) return event.preventDefault();
    button.disabled = true;
  });
}

showProgress();
