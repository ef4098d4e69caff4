// Takes a file's SHA-256 in the browser. The file itself goes nowhere unless the visitor sends the form.
"use strict";

const form = document.querySelector("[data-verify]");
const chosen = form.querySelector("input[type=file]");
const given = form.querySelector("[name=digest]");
const told = form.querySelector("[data-told]");
const words = told.dataset;
let latest = 0;

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const plain = (text) => text.toLowerCase().replace(/\s|^sha-?256:?/g, "");

function say(tone, ...lines) {
  told.className = `notice ${tone}`;
  told.hidden = lines.length === 0;
  told.replaceChildren(...lines.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text })));
}

async function look() {
  const file = chosen.files[0];
  const mine = ++latest;
  if (!file) return say("");
  if (!globalThis.crypto?.subtle) return say("warn", ["p", words.insecure]);
  say("", ["p", words.working]);
  let digest;
  try {
    digest = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  } catch {
    if (mine === latest) say("warn", ["p", words.unreadable]);
    return;
  }
  if (mine !== latest) return;
  const wanted = plain(given.value);
  const lines = [["p", words.here], ["code", `SHA-256 ${digest}`]];
  if (!wanted) say("", ...lines);
  else if (wanted === digest) say("good", ["h3", words.same], ...lines);
  else say("bad", ["h3", words.other], ...lines);
}

chosen.addEventListener("change", look);
given.addEventListener("input", look);
form.querySelector("[data-drop]").addEventListener("drop", look);
look();
