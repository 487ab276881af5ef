// @ts-check
/** Takes a run home: as JSON with everything that was recorded, or the picture of its exchanges as SVG. */

import { fetchStyle } from "../api.js";
import { html } from "../dom.js";
import { expectationOf, verdictOf } from "./verdict.js";

/** @typedef {import("./verdict.js").Definition} Definition */
/** @typedef {import("./kept.js").Result} Result */

/** @param {string} name @param {string} type @param {string} text */
function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = html("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

/** @param {Definition} definition @param {Result} result @param {import("../record.js").ExchangeRecord} record
 * @param {import("./tables.js").Tables} tables */
export function saveJson(definition, result, record, tables) {
  const cells = definition.cells.map((cell) => {
    const expectation = expectationOf(cell, result.facts);
    return { id: cell.id, name: tables.nameOf(cell.id), expected: expectation, ...result.observed[cell.id] };
  });
  const saved = {
    experiment: definition.id, question: definition.title, run: result.run, at: result.at, browser: navigator.userAgent,
    passport: result.facts, cells,
    claims: definition.claims.map((claim) => ({ id: claim.id, verdict: verdictOf(claim, result.observed).verdict })),
    exchanges: record.all().filter((exchange) => exchange.run === result.run),
  };
  download(`${definition.id}-${result.run}.json`, "application/json", JSON.stringify(saved, null, 2));
}

/** The style sheets go along, so that the picture looks the same wherever it is opened.
 * @param {Definition} definition @param {import("../wire-diagram.js").WireDiagram[]} diagrams */
export async function saveSvg(definition, diagrams) {
  const style = (await Promise.all(["tokens", "diagram"].map(fetchStyle))).join("\n");
  const drawn = diagrams.filter((diagram) => !diagram.isEmpty);
  const pictures = drawn.map((diagram) => [...diagram.querySelectorAll(".exchanges svg")]);
  const widths = drawn.map((diagram) => diagram.clientWidth);
  const heights = pictures.map((column) => column.reduce((sum, picture) => sum + Number(picture.getAttribute("height")), 0));
  const serializer = new XMLSerializer();
  let x = 0;
  const columns = pictures.map((column, at) => {
    let y = 0;
    const parts = column.map((picture) => {
      const copy = /** @type {Element} */ (picture.cloneNode(true));
      copy.setAttribute("x", String(x));
      copy.setAttribute("y", String(y));
      y += Number(picture.getAttribute("height"));
      return serializer.serializeToString(copy);
    });
    x += widths[at];
    const lane = drawn[at].closest("[data-lane]")?.getAttribute("data-lane") ?? "";
    return `<g data-lane="${lane}"><g class="wire-diagram">${parts.join("")}</g></g>`;
  });
  // A saved picture has no page around it: the element of the diagrams becomes a class, and the lanes bring their colours.
  const rules = `${style.replaceAll("wire-diagram", ".wire-diagram")}
    [data-lane="session"] { --c: var(--session); --w: var(--session-wash); } [data-lane="token"] { --c: var(--token); --w: var(--token-wash); }
    [data-lane="others"] { --c: var(--attacker); --w: var(--attacker-wash); } svg { background: var(--card); font: 13px var(--sans); }`;
  const height = Math.max(0, ...heights);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${x}" height="${height}" viewBox="0 0 ${x} ${height}">`
    + `<style><![CDATA[${rules}]]></style>${columns.join("")}</svg>`;
  download(`${definition.id}.svg`, "image/svg+xml", svg);
}
