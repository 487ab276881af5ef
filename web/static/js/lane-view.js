// @ts-check
/** One lane on the page: its diagram, how it scrolls, and what is kept on both sides. */

import { find } from "./dom.js";
import { familyRows, sessionRows } from "./keeps-server.js";
import { sessionKeeps, tokenKeeps } from "./keeps-browser.js";
import { followNewest } from "./lane-scroll.js";
import { say } from "./i18n.js";
import { span } from "./times.js";
import { WireDiagram } from "./wire-diagram.js";

/** @typedef {import("./exchange.js").Lane} Lane */

export class LaneView {
  #lane;
  #section;
  #diagram;
  #empty;
  #scroll;
  #origin;
  #browser;
  #server;

  /** @param {Lane} lane */
  constructor(lane) {
    this.#lane = lane;
    this.#section = find(`.lane[data-lane=${lane}]`, HTMLElement);
    this.#diagram = find("wire-diagram", WireDiagram, this.#section);
    this.#empty = find(".empty", HTMLElement, this.#section);
    this.#origin = find(".origin", HTMLElement, this.#section);
    this.#browser = find("[data-keeps=browser] .held", HTMLElement, this.#section);
    this.#server = find("[data-keeps=server] .held", HTMLElement, this.#section);
    const area = find(".scroll", HTMLElement, this.#section);
    this.#scroll = followNewest(area, find(".to-newest", HTMLButtonElement, this.#section));
    this.#diagram.addEventListener("redrawn", () => this.#scroll.drawn());
  }

  /** @param {import("./describe.js").Viewer} viewer */
  useViewer(viewer) {
    this.#diagram.viewer = viewer;
  }

  /** The reader is about to cause an exchange. */
  follow() {
    this.#scroll.follow();
  }

  /** @param {import("./exchange.js").Exchange} exchange @param {boolean} live */
  show(exchange, live) {
    this.#empty.hidden = true;
    if (live) this.#diagram.showLive(exchange);
    else this.#diagram.show(exchange);
    this.#scroll.drawn();
  }

  clear() {
    this.#diagram.clear();
    this.#empty.hidden = false;
  }

  /** @param {import("./credentials.js").Credentials} credentials @param {import("./api.js").LabState} state @param {number} now */
  keep(credentials, state, now) {
    this.#origin.textContent = new URL(state.origins[this.#lane === "session" ? "session" : "jwt"]).host;
    const session = this.#lane === "session";
    this.#browser.replaceChildren(...(session ? sessionKeeps(credentials) : tokenKeeps(credentials, now)));
    this.#server.replaceChildren(...(session ? sessionRows(state.session.rows, now) : familyRows(state.jwt.families, now)));
  }

  /** Counts down in place, without building anything anew. Returns whether something has just expired.
   * @param {number} now */
  tick(now) {
    let expired = false;
    for (const chip of this.#browser.querySelectorAll("[data-expires]")) {
      if (!(chip instanceof HTMLElement)) continue;
      const left = Number(chip.dataset.expires) - now;
      expired ||= left <= 0;
      // says: expires-in, refresh-expires-in
      chip.textContent = say(chip.dataset.say ?? "", { span: span(left) });
    }
    return expired;
  }
}
