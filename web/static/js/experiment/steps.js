// @ts-check
/**
 * The four steps of an experiment. On a page that is read they are places to jump to; presented, one is shown at a time in
 * large type, the arrow keys go on and back, and what was observed is revealed cell by cell.
 */

import { say } from "../i18n.js";
import { isPresented, setPresented } from "../presenting.js";

const STEPS = ["question", "predict", "run", "observed", "why"];
/** @type {Record<string, string>} What a step shows first, on a page that is read. */
const TOPS = { question: "main", predict: "#tables", run: ".bar", observed: "#tables", why: "[data-section]" };

export class Steps {
  #main;
  #button;
  #announce;

  /** @param {HTMLElement} main Carries `data-step`. @param {HTMLButtonElement} button @param {(line: string) => void} announce */
  constructor(main, button, announce) {
    this.#main = main;
    this.#button = button;
    this.#announce = announce;
    button.setAttribute("aria-pressed", String(this.on));
    button.addEventListener("click", () => this.toggle());
    for (const goes of document.querySelectorAll("[data-goes]")) {
      if (goes instanceof HTMLElement) goes.addEventListener("click", () => this.go(goes.dataset.goes ?? "", true));
    }
    document.addEventListener("keydown", (event) => this.#key(event));
    this.go(this.on ? "question" : "predict");
  }

  /** Whether the page is presented. */
  get on() {
    return isPresented();
  }

  toggle(on = !this.on) {
    setPresented(this.#button, on);
    this.go(on ? "question" : "observed");
  }

  /** @param {string} step @param {boolean} [scroll] */
  go(step, scroll = false) {
    this.#main.dataset.step = step;
    for (const goes of document.querySelectorAll("[data-goes]")) {
      if (!(goes instanceof HTMLElement)) continue;
      if (goes.dataset.goes === step) goes.setAttribute("aria-current", "step");
      else goes.removeAttribute("aria-current");
    }
    this.#conceal(this.on && step === "observed");
    if (this.on) scrollTo(0, 0);
    else if (scroll) document.querySelector(TOPS[step] ?? "main")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const inField = event.target instanceof Element && event.target.closest("input, select, textarea, dialog[open]") !== null;
    if (!this.on || inField || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight" || event.key === "PageDown") this.#onward();
    else if (event.key === "ArrowLeft" || event.key === "PageUp") this.#move(-1);
    else if (event.key === "Escape") this.toggle(false);
    else return;
    event.preventDefault();
  }

  /** The next cell, while some are concealed; then the next step. */
  #onward() {
    const next = this.#main.querySelector("td[data-concealed]");
    if (!(next instanceof HTMLElement)) return this.#move(1);
    delete next.dataset.concealed;
    next.scrollIntoView({ block: "nearest" });
    this.#announce(next.innerText.replaceAll(/\s*\n\s*/g, " · "));
  }

  /** @param {-1 | 1} way */
  #move(way) {
    const at = STEPS.indexOf(this.#main.dataset.step ?? "question") + way;
    if (at < 0 || at >= STEPS.length) return this.#announce(say("steps-end"));
    this.go(STEPS[at]);
  }

  /** @param {boolean} conceal */
  #conceal(conceal) {
    for (const cell of this.#main.querySelectorAll("td[data-observed]")) {
      if (!(cell instanceof HTMLElement)) continue;
      if (conceal) cell.dataset.concealed = "";
      else delete cell.dataset.concealed;
    }
  }
}
