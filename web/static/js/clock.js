// @ts-check
/**
 * The lab's time, as the server tells it. The visitor's own clock is never read: the lab's may be a month ahead, and
 * between two answers of the server only the monotonic clock of the browser counts on.
 */

export class LabClock extends EventTarget {
  #serverMs = 0;
  #heardAt = 0;
  #known = false;

  constructor() {
    super();
    setInterval(() => this.#known && this.dispatchEvent(new Event("tick")), 1_000);
  }

  /** @param {string} now RFC 3339 */
  set(now) {
    this.#serverMs = Date.parse(now);
    this.#heardAt = performance.now();
    this.#known = true;
    this.dispatchEvent(new Event("tick"));
  }

  /** Lab time in milliseconds since the epoch. */
  now() {
    return this.#serverMs + (performance.now() - this.#heardAt);
  }
}
