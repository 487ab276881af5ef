// @ts-check
/** The figures of a scenario as a table: the same as in results.json, with fewer digits. */

import { html } from "../dom.js";
import { say } from "../i18n.js";

/** @typedef {import("./report.js").Scenario} Scenario */
/** @typedef {import("./report.js").Arm} Arm */
/** @typedef {import("./report.js").Estimate} Estimate */

const NONE = "–";
/** @type {Record<Arm["side"], string>} */
const SIDES = { session: "lanes-session", token: "lanes-token", floor: "benchmark-floor" };

/** A column: its name, its heading, and what stands in it; a heading that is data is in English.
 * @typedef {{name: string, heading: string, of: (arm: Arm) => string, isData?: boolean}} Column */

/** @param {Scenario} scenario */
export function table(scenario) {
  const columns = columnsOf(scenario);
  return html("div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": say("benchmark-table") },
    html("table", { class: "figures" },
      html("caption", {}, say("benchmark-table-note")),
      html("thead", {}, html("tr", {},
        html("th", { scope: "col" }, say("benchmark-arm")),
        html("th", { scope: "col" }, say("benchmark-side")),
        ...columns.map(({ heading, isData = false }) =>
          html("th", { scope: "col", class: "number", lang: isData ? "en" : null, translate: isData ? "no" : null }, heading)))),
      html("tbody", {}, ...scenario.arms.map((arm) => row(arm, columns)))));
}

/** @param {Scenario} scenario @returns {Column[]} */
function columnsOf({ cost_is, arms }) {
  return [
    ...varied(arms),
    { name: "ratio", heading: say("benchmark-ratio"), of: ({ figures }) => median(figures?.ratio, 2) },
    { name: "ratio-range", heading: say("benchmark-interval"), of: ({ figures }) => range(figures?.ratio, 2) },
    { name: "cost", heading: say(cost_is === "cpu" ? "benchmark-cpu" : "benchmark-wall"), of: ({ figures }) => median(figures?.cost_us, 1) },
    { name: "per-second", heading: say("benchmark-per-second"), of: ({ figures }) => median(figures?.per_second, 0) },
    { name: "bytes-out", heading: say("benchmark-bytes-out"), of: ({ bytes }) => number(bytes?.request, 0) },
    { name: "bytes-in", heading: say("benchmark-bytes-in"), of: ({ bytes }) => number(bytes?.answer, 0) },
    { name: "reads", heading: say("benchmark-reads"), of: ({ store }) => number(store?.reads, 2) },
    { name: "writes", heading: say("benchmark-writes"), of: ({ store }) => number(store?.writes, 2) },
  ];
}

/** How many logins there were, and the memory that it took, where that is varied; and what else was measured in each round.
 * @param {Arm[]} arms @returns {Column[]} */
function varied(arms) {
  const grown = arms.every(({ live }) => typeof live !== "number") ? [] : [
    { name: "live", heading: say("benchmark-live"), of: (/** @type {Arm} */ { live }) => number(live, 0) },
    { name: "memory", heading: say("benchmark-memory"), of: (/** @type {Arm} */ arm) => number(arm.memory_bytes === null ? null : arm.memory_bytes / 2 ** 20, 1) },
  ];
  const names = new Map(arms.flatMap(({ measures }) => measures.map(({ name, unit }) => [name, unit])));
  const measures = [...names].map(([name, unit]) => ({
    name, heading: `${name}, ${unit}`, isData: true,
    of: (/** @type {Arm} */ arm) => median(arm.measures.find((measure) => measure.name === name)?.estimate, 1),
  }));
  return [...grown, ...measures];
}

/** @param {Arm} arm @param {Column[]} columns */
function row(arm, columns) {
  const cells = arm.failure === null
    ? columns.map(({ name, of }) => html("td", { class: "number", "data-column": name }, of(arm)))
    : [html("td", { class: "failed", colspan: columns.length },
      html("strong", {}, say("benchmark-arm-failed")), " ", html("span", { lang: "en", translate: "no" }, arm.failure))];
  return html("tr", { class: arm.side, "data-arm": arm.name },
    html("th", { scope: "row", lang: "en", translate: "no" }, arm.title, html("small", {}, arm.name)),
    // says: lanes-session, lanes-token, benchmark-floor
    html("td", { class: "side" }, say(SIDES[arm.side])), ...cells);
}

/** @param {number | null | undefined} value @param {number} digits */
const number = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : NONE);
/** @param {Estimate | null | undefined} estimate @param {number} digits */
const median = (estimate, digits) => number(estimate?.median, digits);
/** @param {Estimate | null | undefined} estimate @param {number} digits */
const range = (estimate, digits) => (estimate ? `${estimate.low.toFixed(digits)}–${estimate.high.toFixed(digits)}` : NONE);
