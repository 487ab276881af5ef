// @ts-check
/**
 * The pictures that a run draws from what it observed. Each kind is a module of its own, `figures/<kind>.js`, which exports
 * `draw(place, data, tell, now)`: it fills the place with a picture of the data, and says in words what the picture shows.
 */

import { html } from "../dom.js";

/** @typedef {{id: string, kind: string}} Figure */
/** @typedef {(id: string, values?: Record<string, string | number>) => string} Say */
/** @typedef {{draw: (place: HTMLElement, data: any, tell: Say, now: () => number) => void}} Kind `tell` has the experiment's own words, `now` is the lab's clock in milliseconds. */

export class Figures {
  /** @type {Map<string, {kind: Promise<Kind>, place: HTMLElement, whole: HTMLElement}>} */
  #figures = new Map();
  #tell;
  #now;

  /** @param {HTMLElement} place @param {Figure[]} figures @param {Record<string, string>} words @param {Say} tell @param {() => number} now */
  constructor(place, figures, words, tell, now) {
    this.#tell = tell;
    this.#now = now;
    for (const { id, kind } of figures) {
      const picture = html("div", { class: "picture" });
      const whole = html("figure", { class: "drawn", "data-figure": id, hidden: true }, picture, html("figcaption", {}, words[`figure-${id}`] ?? id));
      this.#figures.set(id, { kind: import(`./figures/${kind}.js`), place: picture, whole });
      place.append(whole);
    }
  }

  /** @param {string} id @param {unknown} data */
  async show(id, data) {
    const figure = this.#figures.get(id);
    if (figure === undefined) throw new TypeError(`there is no figure ${id}`);
    figure.whole.hidden = false;
    const { draw } = await figure.kind;
    figure.place.replaceChildren();
    draw(figure.place, data, this.#tell, this.#now);
  }

  clear() {
    for (const { whole } of this.#figures.values()) whole.hidden = true;
  }
}
