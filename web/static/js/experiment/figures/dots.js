// @ts-check
/**
 * A strip of dots for each group of measurements, one below the other on one axis that begins at zero, with a line at each median.
 * Every measurement is there to be seen: how many there are, how far they scatter, and where groups part.
 *
 * Places are given in percent, so that the picture is as wide as there is room, and its text as large as all other.
 */

import { html, svg } from "../../dom.js";
import { say } from "../../i18n.js";

/**
 * @typedef {object} Group
 * @property {string} label
 * @property {"session" | "token" | null} lane Whose colour it has.
 * @property {boolean} hollow Rings instead of discs, to tell two groups of one lane apart without a colour.
 * @property {number[]} values In milliseconds.
 */

const HEIGHT = 44;
const MARGIN = 4;
/** The axis ends at so many times the largest median: a lone outlier must not push everything else to one side. */
const ROOM = 2.2;

/** @param {HTMLElement} place @param {{groups: Group[]}} data */
export function draw(place, { groups }) {
  const filled = groups.filter(({ values }) => values.length > 0);
  if (filled.length === 0) return;
  const end = endOf(filled.map(({ values }) => median(values)));
  const at = (/** @type {number} */ value) => `${MARGIN + (Math.min(value, end) / end) * (100 - 2 * MARGIN)}%`;
  const strips = filled.map((group) => strip(group, end, at));
  place.append(html("div", { class: "dots" }, ...strips, axis(end, at)));
}

/** @param {Group} group @param {number} end @param {(value: number) => string} at */
function strip({ label, lane, hollow, values }, end, at) {
  const middle = median(values);
  const beyond = values.filter((value) => value > end).length;
  const told = say("dots-described", {
    label, count: values.length, median: short(middle), least: short(Math.min(...values)), most: short(Math.max(...values)),
  });
  const dots = values.map((value, index) =>
    svg("circle", { cx: at(value), cy: HEIGHT / 2 + spread(index), r: 4, class: hollow ? "hollow" : "full" }));
  return html("div", { class: "dots-group", "data-lane": lane },
    html("p", {},
      html("span", { class: "of" }, label),
      html("span", { class: "median" }, say("dots-median", { median: short(middle) })),
      beyond === 0 ? null : html("span", { class: "beyond" }, say("dots-beyond", { count: beyond, end: short(end) }))),
    svg("svg", { width: "100%", height: HEIGHT, role: "img", "aria-label": told },
      svg("line", { x1: at(0), x2: at(end), y1: HEIGHT / 2, y2: HEIGHT / 2, class: "base" }),
      ...dots,
      svg("line", { x1: at(middle), x2: at(middle), y1: 2, y2: HEIGHT - 2, class: "middle" })));
}

/** @param {number} end @param {(value: number) => string} at */
function axis(end, at) {
  const ticks = [0, 1, 2, 3, 4].map((step) => (end / 4) * step);
  return svg("svg", { width: "100%", height: 26, class: "dots-axis", "aria-hidden": "true" },
    ...ticks.flatMap((tick, index) => [
      svg("line", { x1: at(tick), x2: at(tick), y1: 0, y2: 5 }),
      svg("text", { x: at(tick), y: 19, "text-anchor": index === 4 ? "end" : "middle" }, index === 4 ? say("dots-end", { end: short(tick) }) : short(tick)),
    ]));
}

/** Above and below the line in turn, the same at each drawing, so that equal values do not hide each other. @param {number} index */
const spread = (index) => ((index * 7) % 11 - 5) * 2.6;

/** A round number with room beyond the largest median, which four divides well. @param {number[]} medians */
function endOf(medians) {
  const wanted = Math.max(...medians) * ROOM;
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 0.1)));
  return ([1, 2, 4, 6, 8].find((step) => step * power >= wanted) ?? 10) * power;
}

/** @param {number[]} values Of which there is one at least. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three digits are enough to compare. @param {number} value */
const short = (value) => String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
