// @ts-check
/** Places what stands between and above the exchanges: a pause, a tag that says who is speaking, a preflight. */

import { fit } from "./elide.js";
import { hitArea, plain } from "./scene.js";

/** @typedef {import("./describe.js").Description} Description */
/** @typedef {import("./scene.js").Frame} Frame */
/** @typedef {import("./scene.js").Placed} Placed */

/** Lab time that passed with nothing on the wire. @param {string} text @param {Frame} frame @returns {Placed} */
export function pause(text, { at, em, measure }) {
  const width = measure(text, { small: true, bold: true }) + 1.6 * em;
  const x = (at.width - width) / 2;
  return {
    group: { kind: "note", shapes: [
      { shape: "box", x, y: 0.55 * em, width, height: 1.6 * em, look: "tag" },
      { shape: "text", x: at.width / 2, y: 1.68 * em, segments: plain(text), small: true, bold: true, anchor: "middle" },
    ] },
    y: 2 * em,
  };
}

/** @param {import("./describe.js").Tag} tag @param {number} top @param {Frame} frame @returns {Placed} */
export function tag({ text, kind }, top, { at, em, measure }) {
  const width = measure(text, { small: true, bold: true }) + 1.4 * em;
  const x = Math.max(0.5 * em, at.browser - 2.5 * em);
  return {
    group: { kind: "note", data: { tag: kind }, shapes: [
      { shape: "box", x, y: top + 0.7 * em, width, height: 1.6 * em, look: "tag" },
      { shape: "text", x: x + 0.7 * em, y: top + 1.83 * em, segments: plain(text), small: true, bold: true },
    ] },
    y: top + 2.1 * em,
  };
}

/** A preflight in one line: the browser asks on its own, and its question is not the point of the exchange.
 * @param {Description} description @param {NonNullable<Description["preflight"]>} preflight
 * @param {number} top @param {Frame} frame @returns {Placed[]} */
export function preflight({ request, response }, { text, allowed }, top, frame) {
  const { at, em, measure } = frame;
  const x = at.browser + em;
  const y = top + 1.5 * em;
  const segments = fit(plain(text, "soft"), at.width - x - em, (words) => measure(words, { small: true }));
  const half = (/** @type {number} */ offset) => y + 0.5 * em + offset;
  return [
    { group: { kind: "request", label: request.label, shapes: [
      hitArea(frame, top + 0.45 * em, top + 2.05 * em),
      { shape: "text", x, y, small: true, field: "request-line", segments },
      { shape: "arrow", from: at.browser, to: at.server, y: half(0), look: "thin" },
    ] }, y },
    { group: { kind: "response", label: response.label, shapes: [
      hitArea(frame, half(0.3 * em), half(1.1 * em), at.server + 0.5 * em),
      { shape: "arrow", from: at.server, to: at.browser, y: half(0.55 * em), look: allowed ? "thin" : "refused" },
    ] }, y: half(1.2 * em) },
  ];
}
