// @ts-check
/** Buttons and choices of the live table. Each has a name in `data-does`, by which it is found again when the table is drawn anew. */

import { html } from "/static/js/dom.js";

/** @param {string} does @param {string} label @param {() => unknown} act @param {{disabled?: boolean, name?: string, primary?: boolean}} more */
export function button(does, label, act, { disabled = false, name, primary = false }) {
  const made = html("button", { type: "button", "data-does": does, disabled, "aria-label": name, class: primary ? "primary" : null }, label);
  made.addEventListener("click", () => void act());
  return made;
}

/** @typedef {{value: string, label: string, missing: string | null}} Choice */

/** @param {string} value @param {string} label @param {string | null} missing Why it cannot be chosen. @returns {Choice} */
export const choice = (value, label, missing) => ({ value, label, missing });

/** One of several, as a row of radio buttons. Why one cannot be chosen stands below.
 * @param {string} legend @param {string} name @param {Choice[]} choices @param {string} chosen @param {boolean} disabled
 * @param {(value: string) => void} choose */
export function segmented(legend, name, choices, chosen, disabled, choose) {
  const labels = choices.map(({ value, label, missing }) => {
    const input = html("input", { type: "radio", name: `panel-${name}`, value, checked: value === chosen, disabled: disabled || missing !== null, "data-does": `${name}-${value}` });
    input.addEventListener("change", () => choose(value));
    return html("label", {}, input, html("span", {}, label));
  });
  const reasons = choices.filter(({ missing }) => missing !== null).map(({ missing }) => html("small", { class: "missing" }, String(missing)));
  return html("fieldset", { class: "choose" }, html("legend", {}, legend), html("span", { class: "segmented" }, ...labels), ...reasons);
}
