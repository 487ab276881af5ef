// @ts-check
/**
 * `<wire-diagram>`: the exchanges of one lane as a sequence diagram, newest at the bottom, drawn for the width it has.
 */

import { describe } from "./describe.js";
import { html, svg } from "./dom.js";
import { drawIn, drawScene } from "./draw.js";
import { pathOf, shownTarget } from "./exchange.js";
import { layoutExchange } from "./exchange-layout.js";
import { say } from "./i18n.js";
import { columns } from "./scene.js";
import { measureIn } from "./text-measure.js";
import { roundSpan, secondsTime } from "./times.js";

/** @typedef {import("./exchange.js").Exchange} Exchange */

/** What is drawn at most: the record keeps more, and nobody scrolls through a thousand arrows. */
const DRAWN = 80;
/** From which jump of lab time on the pause itself is drawn. */
const PAUSE_MS = 600_000;

/** Dispatches `open-message` (bubbling, `detail: {exchange, part}`) when an arrow is activated. */
export class WireDiagram extends HTMLElement {
  /** @type {import("./describe.js").Viewer} */
  viewer = { cookieName: "", run: "", liveAfter: 0 };
  /** @type {{exchange: Exchange, item: HTMLLIElement}[]} In the order of their ids. */
  #entries = [];
  #actors = html("div", { class: "actors" });
  #list = html("ol", { class: "exchanges" });
  #width = 0;
  #measure = measureIn(document.documentElement);

  connectedCallback() {
    this.#list.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.append(this.#actors, this.#list);
    // A hidden tab is laid out when asked but observes nothing, and it draws what it hears all the same.
    this.#resized();
    new ResizeObserver(() => this.#resized()).observe(this);
    this.addEventListener("click", (event) => this.#activated(event));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      if (this.#activated(event)) event.preventDefault();
    });
  }

  get isEmpty() {
    return this.#entries.length === 0;
  }

  /** Takes an exchange in, in its place by id. @param {Exchange} exchange */
  show(exchange) {
    this.#resized(); // It may have become visible a moment ago, which the observer says later.
    const item = html("li");
    let index = this.#entries.length;
    while (index > 0 && this.#entries[index - 1].exchange.id > exchange.id) index -= 1;
    this.#entries.splice(index, 0, { exchange, item });
    this.#list.insertBefore(item, this.#list.children[index] ?? null);
    const drawn = this.#draw(index);
    if (index + 1 < this.#entries.length) this.#draw(index + 1); // Its pause is another one now.
    if (this.#entries.length > DRAWN) this.#entries.shift()?.item.remove();
    return drawn;
  }

  /** Lets an exchange appear as it happens. @param {Exchange} exchange */
  showLive(exchange) {
    drawIn(this.show(exchange));
  }

  clear() {
    this.#entries = [];
    this.#list.replaceChildren();
  }

  /** @param {number} index @returns {SVGSVGElement} */
  #draw(index) {
    const { exchange, item } = this.#entries[index];
    const at = Date.parse(exchange.at);
    const before = index > 0 ? Date.parse(this.#entries[index - 1].exchange.at) : at;
    const pause = at - before >= PAUSE_MS ? say("pause", { span: roundSpan(at - before) }) : null;
    const description = describe(exchange, this.viewer);
    const { em, measure } = this.#measure;
    const scene = layoutExchange(description, { pause, time: secondsTime(at) }, this.#width, em, measure);
    const drawn = drawScene(scene, em);
    const { method } = exchange.request;
    const { status } = exchange.response;
    const name = say("exchange", { id: exchange.id, line: `${method} ${shownTarget(exchange)}`, status });
    const group = drawn.querySelector(".exchange");
    group?.setAttribute("aria-label", [description.tag?.text, name].filter(Boolean).join(", "));
    const data = { exchange: exchange.id, method, path: pathOf(exchange), status };
    for (const [key, value] of Object.entries(data)) group?.setAttribute(`data-${key}`, String(value));
    item.className = description.tag?.kind ?? "";
    item.replaceChildren(drawn);
    return drawn;
  }

  #resized() {
    const measure = measureIn(this);
    const width = Math.floor(this.clientWidth);
    if (width === 0 || (width === this.#width && measure.em === this.#measure.em)) return;
    this.#width = width;
    this.#measure = measure;
    this.#drawActors();
    this.#entries.forEach((_, index) => this.#draw(index));
    this.dispatchEvent(new Event("redrawn"));
  }

  #drawActors() {
    const { em } = this.#measure;
    const at = columns(this.#width, em);
    const labels = [[say("actor-browser"), at.browser], [say("actor-server"), at.server], [say("actor-store"), at.store]];
    const height = 2 * em;
    const texts = labels.map(([label, x], index) => {
      // The outer labels keep inside the picture where their lifelines stand at its edge.
      const anchor = at.browser > 3 * em ? "middle" : ["start", "start", "end"][index];
      const edge = anchor === "middle" ? 0 : anchor === "start" ? -0.4 * em : 0.7 * em;
      return svg("text", { class: "actor", x: Number(x) + edge, y: 1.3 * em, "text-anchor": anchor }, String(label));
    });
    this.#actors.replaceChildren(svg("svg", { width: this.#width, height, role: "presentation" }, ...texts));
  }

  /** @param {Event} event */
  #activated(event) {
    const part = event.target instanceof Element ? event.target.closest("[data-opens]") : null;
    const id = Number(part?.closest(".exchange")?.getAttribute("data-exchange"));
    const entry = this.#entries.find(({ exchange }) => exchange.id === id);
    if (part === null || entry === undefined) return false;
    const detail = { exchange: entry.exchange, part: part.getAttribute("data-opens") };
    return this.dispatchEvent(new CustomEvent("open-message", { bubbles: true, detail }));
  }
}

/** Brings the diagrams of the page to life. To be called when the catalogue is here, since a diagram speaks at once. */
export const defineWireDiagram = () => customElements.define("wire-diagram", WireDiagram);
