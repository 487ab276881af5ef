// @ts-check
/** Draws what was found out: the verdict, the list of findings, the coloured token, and the meanings. */

import { find, html } from "../dom.js";
import { say } from "../i18n.js";
import { claimMeanings, headerMeanings } from "./meanings.js";
import { inWords } from "./said.js";

/** @typedef {import("./check.js").Finding} Finding */
/** @typedef {import("./read.js").Read} Read */
/** @typedef {import("./said.js").Said} Said */

const SIGNS = { good: "✓", bad: "✗", open: "?", warning: "!" };
const TONES = ["jwt-header", "jwt-payload", "jwt-signature"];

/** The token in the colours of its parts, behind the field in which it is typed. @param {string} text As it stands in the field. */
export function colourToken(text) {
  const parts = text.split(".");
  const pieces = parts.flatMap((part, index) => [
    ...(index === 0 ? [] : [html("span", { class: "dot" }, ".")]),
    html("span", { class: parts.length === 3 ? TONES[index] : index === 0 ? TONES[0] : "" }, part),
  ]);
  // A last line that is empty has no height of its own.
  find("#token-colours", HTMLElement).replaceChildren(...pieces, "\u200b");
}

/** @param {Finding[]} findings */
export function showFindings(findings) {
  const bad = findings.filter(({ mark }) => mark === "bad");
  const warnings = findings.filter(({ mark }) => mark === "warning");
  const open = findings.some(({ mark }) => mark === "open");
  const mark = bad.length > 0 ? "bad" : open ? "open" : "good";
  const verdict = find("#verdict", HTMLElement);
  verdict.dataset.mark = mark;
  const isTimed = findings.some(({ id }) => id === "workbench-not-expired");
  const lines = {
    bad: say("workbench-verdict-bad"), open: say("workbench-verdict-open"),
    good: isTimed ? say("workbench-verdict-good") : say("workbench-verdict-timeless"),
  };
  const count = warnings.length === 0 ? say("workbench-warned-none") : say("workbench-warned", { count: warnings.length });
  const line = `${SIGNS[mark]} ${lines[mark]}`;
  // Said anew only when it changes: whoever listens to the page is told once.
  const heading = find("#verdict-line", HTMLElement);
  if (heading.textContent !== line) heading.textContent = line;
  find("#warned", HTMLElement).textContent = findings.length > 0 && findings.every(({ id }) => id.includes("-fault-")) ? "" : count;
  find("#findings", HTMLElement).replaceChildren(...findings.map((finding) => html("li", { "data-mark": finding.mark, "data-finding": finding.id },
    html("span", { class: "sign", "aria-hidden": "true" }, SIGNS[finding.mark]), html("span", {}, inWords(finding)))));
}

/** @param {Read} read @param {number} now In milliseconds. */
export function showMeanings(read, now) {
  find("#header-meanings", HTMLElement).replaceChildren(...headerMeanings(read.header?.object ?? {}));
  find("#payload-meanings", HTMLElement).replaceChildren(...claimMeanings(read.payload?.object ?? {}, now));
}

/** A line below a field, and the field's own mark; none when the field is well.
 * @param {HTMLTextAreaElement} field @param {Said | null} fault */
export function showFault(field, fault) {
  const line = find(`#${field.id}-fault`, HTMLElement);
  line.textContent = fault === null ? "" : inWords(fault);
  line.hidden = fault === null;
  field.setAttribute("aria-invalid", String(fault !== null));
}
