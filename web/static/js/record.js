// @ts-check
/**
 * The exchanges that this page knows, by id: each is taken in once, however often and by whatever way it arrives.
 */

/** @typedef {import("./exchange.js").Exchange} Exchange */

/** Dispatches `added` (an `ExchangeAdded`) for each new exchange, and `cleared`. */
export class ExchangeRecord extends EventTarget {
  /** @type {Map<number, Exchange>} */
  #byId = new Map();
  #lastId = 0;

  /** The greatest id seen: what to ask for comes after it. It survives `clear`, since the lab's ids go on as well. */
  get lastId() {
    return this.#lastId;
  }

  /** Everything that it holds, by id. @returns {Exchange[]} */
  all() {
    return [...this.#byId.values()].sort((a, b) => a.id - b.id);
  }

  /** @param {number} id */
  get(id) {
    return this.#byId.get(id);
  }

  /** @param {Exchange} exchange */
  add(exchange) {
    if (this.#byId.has(exchange.id)) return;
    this.#byId.set(exchange.id, exchange);
    this.#lastId = Math.max(this.#lastId, exchange.id);
    this.dispatchEvent(new ExchangeAdded(exchange));
  }

  /** Forgets what it holds. From `after`, when the lab itself began anew and its ids with it.
   * @param {number} [after] */
  clear(after = this.#lastId) {
    this.#byId.clear();
    this.#lastId = after;
    this.dispatchEvent(new Event("cleared"));
  }

  /** The next exchange that a test holds for, or null when none came in time.
   * @param {(exchange: Exchange) => boolean} wanted @param {number} milliseconds @returns {Promise<Exchange | null>} */
  next(wanted, milliseconds) {
    return new Promise((resolve) => {
      const done = (/** @type {Exchange | null} */ exchange) => {
        clearTimeout(timer);
        this.removeEventListener("added", look);
        resolve(exchange);
      };
      const look = (/** @type {Event} */ event) => {
        if (event instanceof ExchangeAdded && wanted(event.exchange)) done(event.exchange);
      };
      const timer = setTimeout(() => done(null), milliseconds);
      this.addEventListener("added", look);
    });
  }
}

/** A new exchange. */
export class ExchangeAdded extends Event {
  /** @param {Exchange} exchange */
  constructor(exchange) {
    super("added");
    /** @readonly */
    this.exchange = exchange;
  }
}
