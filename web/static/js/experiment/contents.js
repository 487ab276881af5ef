// @ts-check
/** The contents of the experiments: which of them this browser has done. */

import { find, html } from "../dom.js";
import { loadMessages, say } from "../i18n.js";
import { singleKeys } from "../keys.js";
import { themeButton } from "../theme.js";
import { isPresented, setPresented } from "../presenting.js";
import { result } from "./kept.js";

await loadMessages();

/** @type {Set<string>} */
const done = new Set();
for (const entry of document.querySelectorAll("[data-experiment]")) {
  if (!(entry instanceof HTMLElement)) continue;
  const id = entry.dataset.experiment ?? "";
  if (result(id) === null) continue;
  done.add(id);
  entry.classList.add("done");
  entry.prepend(html("span", { class: "mark", role: "img", "aria-label": say("done-mark") }, "✓"));
}
find("#done-count", HTMLElement).textContent = say("experiments-done", { count: done.size });

themeButton(find("#theme", HTMLButtonElement), () => undefined);
singleKeys(find("#single-keys", HTMLInputElement));
find("#help", HTMLButtonElement).addEventListener("click", () => find("#keys", HTMLDialogElement).showModal());
const present = find("#present", HTMLButtonElement);
present.setAttribute("aria-pressed", String(isPresented()));
present.addEventListener("click", () => setPresented(present, !isPresented()));
