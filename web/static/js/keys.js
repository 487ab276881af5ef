// @ts-check
/**
 * Single keys for what the buttons do. A key is declared on its button, as `aria-keyshortcuts`, and nowhere else. They can be
 * switched off (WCAG 2.1.4), and never act while the reader types or a dialog is open.
 */

import { prefer, preference } from "./preferences.js";

/** @param {HTMLInputElement} toggle */
export function singleKeys(toggle) {
  toggle.checked = preference("keys") !== "off";
  toggle.addEventListener("change", () => prefer("keys", toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (!toggle.checked || event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    if (document.querySelector("dialog[open]") !== null || typing(event.target)) return;
    const button = document.querySelector(`button[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    button.click();
  });
}

/** @param {EventTarget | null} target */
function typing(target) {
  if (target instanceof HTMLInputElement) return target.type !== "radio" && target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
