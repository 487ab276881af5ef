// @ts-check
/** What the observations say of the claims, and where else the same was recorded. */

import { find, html } from "../dom.js";
import { list, say } from "../i18n.js";
import { verdictOf } from "./verdict.js";

/** @typedef {import("./verdict.js").Definition} Definition */
/** @typedef {import("./kept.js").Result} Result */

export class Verdicts {
  #place;
  #definition;
  #tables;

  /** @param {HTMLElement} place @param {Definition} definition @param {import("./tables.js").Tables} tables */
  constructor(place, definition, tables) {
    this.#place = place;
    this.#definition = definition;
    this.#tables = tables;
  }

  clear() {
    this.#place.replaceChildren();
    find("#recorded", HTMLElement).hidden = true;
  }

  /** @param {Result} result */
  show(result) {
    this.#place.replaceChildren(...this.#definition.claims.map((claim) => this.#claim(verdictOf(claim, result.observed))));
    const recorded = find("#recorded", HTMLElement);
    const lines = this.#definition.evidence.map((run) => say("recorded-one", { browser: run.browser, version: run.version, date: run.date }));
    recorded.textContent = lines.length === 0 ? "" : say("recorded-in", { browsers: list([...new Set(lines)]) });
    recorded.hidden = lines.length === 0;
  }

  /** @param {import("./verdict.js").ClaimVerdict} verdict */
  #claim({ claim, verdict, speaksFor, speaksAgainst }) {
    const places = (/** @type {string[]} */ found, /** @type {string} */ name) => (found.length === 0 ? null
      : html("div", { class: "evidence" }, html("span", { class: "side" }, name),
        html("ul", {}, ...found.map((place) => html("li", {}, this.#inWords(place))))));
    return html("section", { class: "claim-verdict", "data-claim": claim.id, "data-verdict": verdict },
      html("h3", {}, html("span", { class: "claim-id" }, claim.id), " ", html("q", {}, say(`claim-${claim.id}`))),
      html("p", { class: "stamp" }, say(`verdict-word-${verdict}`)),
      html("p", { class: "reason" }, say(`claim-verdict-${verdict}`)),
      places(speaksFor, say("claim-for")), places(speaksAgainst, say("claim-against")));
  }

  /** "link, Lax: sent". @param {string} place `cell=outcome` */
  #inWords(place) {
    const at = place.lastIndexOf("=");
    return `${this.#tables.nameOf(place.slice(0, at))}: ${this.#tables.word(place.slice(at + 1))}`;
  }
}
