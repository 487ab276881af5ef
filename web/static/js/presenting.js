// @ts-check
/** Whether a page is presented, in large type for the back row. The root element says it, from which the styles follow. */

import { prefer } from "./preferences.js";

const root = document.documentElement;

export const isPresented = () => "present" in root.dataset;

/** @param {HTMLButtonElement} button @param {boolean} on */
export function setPresented(button, on) {
  if (on) root.dataset.present = "";
  else delete root.dataset.present;
  button.setAttribute("aria-pressed", String(on));
  prefer("present", on ? "on" : "off");
}
