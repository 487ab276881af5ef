// @ts-check
/** The switch between broken and sound: which of the two a run tries, what each sets, and the lines of source that this decides. */

import { html } from "../dom.js";
import { say } from "../i18n.js";

/** @typedef {{name: "broken" | "sound", settings: Record<string, string>}} Side */
/** @typedef {{file: string, line: number, text: string}} Excerpt */
/** @typedef {{broken: Record<string, string>, sound: Record<string, string>, code: Excerpt[]}} Switch */

/** @type {readonly ["both", "broken", "sound"]} */
const CHOICES = ["both", "broken", "sound"];

export class SwitchBar {
  #switch;
  /** @type {(typeof CHOICES)[number]} */
  #chosen = "both";

  /** @param {HTMLElement} place @param {Switch | null} definition */
  constructor(place, definition) {
    this.#switch = definition;
    place.hidden = definition === null;
    if (definition !== null) place.replaceChildren(this.#choice(), this.#what(definition));
  }

  /** The sides that a run tries, the broken one first. @returns {Side[]} */
  get sides() {
    const known = this.#switch;
    if (known === null) return [];
    /** @type {Side[]} */
    const both = [{ name: "broken", settings: known.broken }, { name: "sound", settings: known.sound }];
    return both.filter(({ name }) => this.#chosen === "both" || this.#chosen === name);
  }

  #choice() {
    const group = html("fieldset", { class: "sides" }, html("legend", {}, say("switch-label")));
    for (const choice of CHOICES) {
      const input = html("input", { type: "radio", name: "side", value: choice, checked: choice === this.#chosen });
      input.addEventListener("change", () => void (this.#chosen = choice));
      group.append(html("label", { "data-side": choice }, input, html("span", {}, say(`switch-${choice}`))));
    }
    return group;
  }

  /** @param {Switch} definition */
  #what({ broken, sound, code }) {
    const parts = [html("dl", { class: "what-is-set" },
      html("dt", { "data-side": "broken" }, say("switch-broken")), html("dd", {}, ...settingsOf(broken)),
      html("dt", { "data-side": "sound" }, say("switch-sound")), html("dd", {}, ...settingsOf(sound)))];
    for (const excerpt of code) parts.push(lines(excerpt));
    return html("details", { class: "what-it-changes" }, html("summary", {}, say("switch-what")), ...parts);
  }
}

/** @param {Record<string, string>} settings @returns {Node[]} */
function settingsOf(settings) {
  const lines = Object.entries(settings).map(([key, value]) => html("code", {}, `${key} = ${value}`));
  return lines.length > 0 ? lines : [html("span", {}, say("switch-default"))];
}

/** @param {Excerpt} excerpt */
function lines({ file, line, text }) {
  const rows = text.split("\n").map((row) => {
    const comment = /^\s*(\/\/|--)/.test(row) ? "comment" : null;
    return html("span", { class: /dangerously/i.test(row) ? "dangerous" : comment }, `${row}\n`);
  });
  return html("figure", { class: "excerpt" }, html("figcaption", {}, html("code", {}, `${file}:${line}`)),
    html("pre", { tabindex: "0", "aria-label": say("switch-code", { file }) }, html("code", {}, ...rows)));
}
