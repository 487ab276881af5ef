// @ts-check
/** What the reader may write before a run: a text each, kept in this page's own storage until the experiment is reset. */

import { html } from "../dom.js";
import { say } from "../i18n.js";
import { inputs as kept, keepInputs } from "./kept.js";

/** @typedef {{id: string, value: string}} Input */

export class Inputs {
  #experiment;
  #inputs;
  /** @type {Map<string, HTMLTextAreaElement>} */
  #fields = new Map();

  /** @param {HTMLElement} place @param {string} experiment @param {Input[]} inputs @param {Record<string, string>} words */
  constructor(place, experiment, inputs, words) {
    this.#experiment = experiment;
    this.#inputs = inputs;
    place.hidden = inputs.length === 0;
    const written = kept(experiment);
    for (const { id, value } of inputs) {
      const field = html("textarea", { id: `input-${id}`, rows: Math.max(6, value.split("\n").length), spellcheck: false, autocapitalize: "off" });
      field.value = written[id] ?? value;
      field.addEventListener("input", () => keepInputs(experiment, this.values));
      const reset = html("button", { type: "button", class: "quiet" }, say("input-as-it-was"));
      reset.addEventListener("click", () => {
        field.value = value;
        keepInputs(experiment, this.values);
      });
      this.#fields.set(id, field);
      place.append(html("div", { class: "written" }, html("label", { for: `input-${id}` }, words[`input-${id}`] ?? id), reset, field));
    }
  }

  /** The texts as they stand, by id. @returns {Record<string, string>} */
  get values() {
    return Object.fromEntries([...this.#fields].map(([id, field]) => [id, field.value]));
  }

  /** As the experiment was written. */
  forget() {
    for (const { id, value } of this.#inputs) {
      const field = this.#fields.get(id);
      if (field !== undefined) field.value = value;
    }
    keepInputs(this.#experiment, {});
  }
}
