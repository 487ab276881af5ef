// @ts-check
/** What was found: the claims, below each the plots that answer it, and the figures as a table. The sentences are the report's own. */

import { html } from "../dom.js";
import { say } from "../i18n.js";
import { table } from "./table.js";

/** @typedef {import("./report.js").Shown} Shown */
/** @typedef {import("./report.js").Plot} Plot */
/** @typedef {import("./report.js").Claim} Claim */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./report.js").Scenario} Scenario */

/** Which claims stand above which plots, by scenario: the plots of a group are those that are told, or all that no group tells.
 * @type {Record<string, {claims: string[], plots?: string[]}[]>} */
const ANSWERS = {
  read: [{ claims: ["C8"] }, { claims: ["C2", "C13"], plots: ["store"] }],
  growth: [{ claims: ["C13"] }],
};

/** Draws all of it in place of what was there, once the pictures are loaded, so that nothing jumps.
 * @param {HTMLElement} place @param {Shown} shown @param {Report} report */
export async function draw(place, shown, report) {
  const measured = report.scenarios.filter(({ arms }) => arms.length > 0);
  const parts = measured.map((scenario) => section(scenario, shown));
  const whole = [warnings(report), ...parts, downloads()];
  const pictures = parts.flatMap((part) => [...part.querySelectorAll("img")]);
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
  place.replaceChildren(...whole);
}

/** @param {Report} report */
function warnings({ complete, warnings }) {
  if (warnings.length === 0) return html("p", { class: "so-far" }, say(complete ? "benchmark-no-warnings" : "benchmark-so-far"));
  return html("section", { class: "warnings" }, html("h2", {}, say("benchmark-warnings")),
    html("ul", {}, ...warnings.map((warning) => html("li", { lang: "en", translate: "no" }, warning))));
}

/** @param {Scenario} scenario @param {Shown} shown */
function section(scenario, shown) {
  const plots = shown.plots.filter((plot) => plot.scenario === scenario.name);
  const groups = ANSWERS[scenario.name] ?? [{ claims: [] }];
  const told = groups.flatMap((group) => group.plots ?? []);
  const heading = html("h2", { lang: "en", translate: "no" }, scenario.title);
  return html("section", { class: "scenario", "data-scenario": scenario.name }, heading,
    ...groups.flatMap((group) => [
      ...shown.claims.filter(({ id }) => group.claims.includes(id)).map(claim),
      ...plots.filter(({ name }) => group.plots?.includes(name) ?? !told.includes(name)).map((plot) => figure(plot, scenario, shown.version)),
    ]),
    table(scenario));
}

/** @param {Claim} claim */
function claim({ id, verdict, observations }) {
  const found = (/** @type {string} */ bearing, /** @type {string} */ name) => {
    const sentences = observations.filter((one) => one.bearing === bearing);
    if (sentences.length === 0) return null;
    return html("div", { class: "evidence", "data-bearing": bearing }, html("span", { class: "side" }, name),
      html("ul", {}, ...sentences.map(({ sentence }) => html("li", { lang: "en", translate: "no" }, sentence))));
  };
  // says: claim-C*, verdict-word-*, claim-verdict-*
  return html("section", { class: "claim-verdict", "data-claim": id, "data-verdict": verdict },
    html("h3", {}, html("span", { class: "claim-id", translate: "no" }, id), " ", html("q", {}, say(`claim-${id}`))),
    html("p", { class: "stamp" }, say(`verdict-word-${verdict}`)),
    html("p", { class: "reason" }, say(`claim-verdict-${verdict}`)),
    found("for", say("claim-for")), found("against", say("claim-against")),
    found("neither", say("benchmark-bears-neither")), found("open", say("benchmark-bears-open")));
}

/** @param {Plot} plot @param {Scenario} scenario @param {number} version */
function figure({ name, title, says }, scenario, version) {
  // A plot keeps its size, and is scrolled where there is too little room.
  const address = `/lab/benchmark/plots/${scenario.name}/${name}.svg?version=${version}`;
  const findings = name === "cost" ? scenario.findings.map(({ sentence }) => sentence) : [];
  return html("figure", { class: "plot", "data-plot": name },
    html("figcaption", { lang: "en", translate: "no" }, title),
    html("div", { class: "picture", tabindex: 0, role: "group", "aria-label": say("benchmark-plot") },
      html("img", { src: address, alt: [...findings, says].join(" "), lang: "en", translate: "no" })));
}

function downloads() {
  const link = (/** @type {string} */ file) => html("li", {}, html("a", { href: `/lab/benchmark/${file}`, download: file, translate: "no" }, file));
  return html("section", { class: "downloads" }, html("h2", {}, say("benchmark-downloads")),
    html("ul", {}, ...["report.html", "results.json", "results.csv"].map(link)));
}
