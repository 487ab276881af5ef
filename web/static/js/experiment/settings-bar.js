// @ts-check
/** The settings that matter to an experiment, as controls on its page. Changing one restarts the server that it belongs to. */

import { changeSettings } from "../api.js";
import { html } from "../dom.js";
import { say } from "../i18n.js";
import { failure } from "../outcome.js";

/** @typedef {{key: string, values: string[]}} Setting */

export class SettingsBar {
  #lab;
  #announce;
  /** @type {Map<string, HTMLSelectElement>} */
  #selects = new Map();
  /** Whether a change by this page is under way. */
  busy = false;

  /** @param {HTMLElement} place @param {Setting[]} settings @param {import("../lab-state.js").LabState} lab
   * @param {(line: string) => void} announce */
  constructor(place, settings, lab, announce) {
    this.#lab = lab;
    this.#announce = announce;
    for (const { key, values } of settings) {
      const options = values.map((value) => html("option", { value }, value));
      const select = html("select", { "aria-label": say("settings-label", { key }), "data-setting": key }, ...options);
      select.addEventListener("change", () => void this.#apply());
      this.#selects.set(key, select);
      place.append(html("label", {}, html("code", {}, key), select));
    }
    if (settings.length > 0) {
      const button = html("button", { type: "button", class: "quiet", id: "as-default" }, say("setting-default"));
      button.addEventListener("click", () => {
        for (const select of this.#selects.values()) select.selectedIndex = 0;
        void this.#apply();
      });
      place.append(button);
    }
    lab.addEventListener("change", () => this.#show());
  }

  /** What the reader has chosen that is not as by default. An experiment begins from this, whatever was set elsewhere.
   * @returns {Record<string, string>} */
  get chosen() {
    const own = [...this.#selects].filter(([, select]) => select.selectedIndex > 0);
    return Object.fromEntries(own.map(([key, select]) => [key, select.value]));
  }

  /** What is set elsewhere and has no control on this page. @returns {string[]} "key = value" */
  get elsewhere() {
    const others = Object.entries(this.#lab.current?.settings ?? {}).filter(([key]) => !this.#selects.has(key));
    return others.map(([key, value]) => `${key} = ${value}`);
  }

  /** The settings of this page as they stand, defaults included: expectations may depend on them. @returns {Record<string, string>} */
  get own() {
    return Object.fromEntries([...this.#selects].map(([key, select]) => [key, select.value]));
  }

  #show() {
    if (this.busy) return;
    for (const [key, select] of this.#selects) {
      const value = this.#lab.current?.settings[key];
      select.selectedIndex = value === undefined ? 0 : Math.max(0, [...select.options].findIndex((option) => option.value === value));
    }
  }

  async #apply() {
    const settings = this.chosen;
    const words = Object.entries(settings).map(([key, value]) => `${key} = ${value}`).join(", ");
    this.#announce(words === "" ? say("experiment-as-default") : say("experiment-restarting", { settings: words }));
    this.busy = true;
    try {
      this.#lab.take(await changeSettings(settings));
    } catch (error) {
      this.#announce(failure(error));
    }
    this.busy = false;
    this.#show();
  }
}
