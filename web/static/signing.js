// The signing page works without this script; with it, "I have read it" waits until every page has been seen,
// progress is shown, and a second click on "sign" does nothing.
"use strict";

const pages = [...document.querySelectorAll("[data-page]")];
const seen = new Set();
const left = document.querySelector("[data-pages-left]");
const progress = document.querySelector("[data-progress]");
const readAll = document.querySelector("[data-read-all]");
const readHint = document.querySelector("[data-read-hint]");

function showProgress() {
  const missing = pages.length - seen.size;
  progress.value = seen.size;
  left.textContent = " · " + (missing ? left.dataset.text.replace("{count}", missing) : left.dataset.done);
  readAll.disabled = missing > 0;
  readHint.hidden = missing === 0;
}

if (pages.length && "IntersectionObserver" in window) {
  // A page counts as seen once its lower edge has come into view.
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.add(entry.target.closest("[data-page]").dataset.page);
        observer.unobserve(entry.target);
      }
    }
    showProgress();
  });
  // After a mistyped code the page comes back with the box checked: it needn't be read again.
  if (readAll.checked) for (const page of pages) seen.add(page.dataset.page);
  else for (const page of pages) observer.observe(page.querySelector("figcaption"));
  showProgress();
}

const form = document.querySelector("[data-signing-form]");
form.addEventListener("submit", (event) => {
  const button = form.querySelector("button");
  if (button.disabled) return event.preventDefault();
  button.disabled = true;
  button.textContent = form.dataset.working;
});
