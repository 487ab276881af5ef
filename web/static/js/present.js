// @ts-check
/**
 * The projector mode: large type, less around the wire, and the arrow keys walk from exchange to exchange over both lanes in
 * the order in which they happened.
 */

import { say } from "./i18n.js";
import { isPresented, setPresented } from "./presenting.js";

export class Present {
  #root = document.documentElement;
  #button;
  #announce;
  /** @type {string | null} The id of the exchange that is pointed at. */
  #current = null;

  /** @param {HTMLButtonElement} button @param {(line: string) => void} announce */
  constructor(button, announce) {
    this.#button = button;
    this.#announce = announce;
    this.#button.setAttribute("aria-pressed", String(this.on));
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  get on() {
    return isPresented();
  }

  toggle(on = !this.on) {
    setPresented(this.#button, on);
    this.release();
  }

  /** Points at nothing: something new has happened, and it shall be seen. */
  release() {
    this.#current = null;
    this.#mark();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const inField = event.target instanceof Element && event.target.closest("input, select, textarea, dialog[open]") !== null;
    if (!this.on || inField || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    else if (event.key === "ArrowRight") this.#step(1);
    else if (event.key === "Escape") this.toggle(false);
    else return;
    event.preventDefault();
  }

  /** @param {-1 | 1} way */
  #step(way) {
    const ids = this.#exchanges().map((exchange) => Number(exchange.dataset.exchange)).sort((a, b) => a - b);
    if (ids.length === 0) return;
    // With nothing pointed at, ← begins at the newest, which is the one in view, and → has nowhere to go.
    const at = this.#current === null ? ids.length : ids.indexOf(Number(this.#current));
    const next = at + way;
    if (next >= ids.length) this.release();
    else this.#current = String(ids[Math.max(0, next)]);
    const shown = this.#mark();
    shown?.closest("li")?.scrollIntoView({ block: "nearest" });
    if (shown !== undefined) {
      const name = shown.getAttribute("aria-label") ?? "";
      this.#announce(say("stepped", { position: Math.max(0, next) + 1, count: ids.length, name }));
    }
  }

  #mark() {
    this.#root.classList.toggle("pointing", this.#current !== null);
    let marked;
    for (const exchange of this.#exchanges()) {
      const is = exchange.dataset.exchange === this.#current;
      exchange.closest("li")?.classList.toggle("current", is);
      if (is) marked = exchange;
    }
    return marked;
  }

  #exchanges() {
    return /** @type {SVGGElement[]} */ ([...document.querySelectorAll("g.exchange")]);
  }
}
