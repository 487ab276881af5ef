// @ts-check
/**
 * Keeps the record of this page live.
 *
 * A browser opens six connections to an origin and no more, so ten tabs with a stream each would starve one another. The
 * tabs elect one that is visible, by a Web Lock; it alone holds the stream and repeats what it hears on a
 * `BroadcastChannel`. A hidden page gives its place up. Whoever becomes visible first asks for what it missed.
 * Where Web Locks are missing (a plain-http address that is no loopback name), each visible page opens a stream of its own.
 */

import { fetchExchanges, openEvents } from "./api.js";

/** @typedef {import("./exchange.js").Exchange} Exchange */
/** @typedef {{kind: "exchange", exchange: Exchange} | {kind: "changed", reason: string} | {kind: "leading", lastId: number}} Told */

const NAME = "lab-events";
const RETRY_MS = 2_000;

/** Dispatches `changed`, a `LabChanged`. */
export class LabEvents extends EventTarget {
  #record;
  #broken = false;
  #channel = new BroadcastChannel(NAME);
  /** @type {AbortController | null} What ends this page's part in the election. */
  #part = null;

  /** @param {import("./record.js").ExchangeRecord} record */
  constructor(record) {
    super();
    this.#record = record;
    this.#channel.addEventListener("message", (event) => this.#hear(event.data));
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    // A page in the back/forward cache must hold neither lock nor connection.
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      this.#visibilityChanged();
      this.dispatchEvent(new LabChanged("reconnected"));
    });
  }

  /** Fetches what there is, and stays live from then on. */
  async start() {
    await this.catchUp();
    this.#visibilityChanged();
  }

  /** Asks once for everything that this page has not seen. */
  async catchUp() {
    for (const exchange of await fetchExchanges(this.#record.lastId)) this.#record.add(exchange);
  }

  #visibilityChanged() {
    if (document.visibilityState === "hidden") this.#leave();
    else if (this.#part === null) void this.#join();
  }

  #leave() {
    this.#part?.abort();
    this.#part = null;
  }

  async #join() {
    const part = (this.#part = new AbortController());
    this.dispatchEvent(new LabChanged("visible"));
    await this.catchUp().catch(() => undefined); // The stream, once open, says the same and keeps trying.
    if (part.signal.aborted) return;
    if (!("locks" in navigator)) return void this.#lead(part.signal);
    await navigator.locks
      .request(NAME, { signal: part.signal }, () => this.#lead(part.signal))
      .catch((error) => part.signal.aborted || Promise.reject(error));
  }

  /** Holds the stream until the signal ends it. @param {AbortSignal} signal @returns {Promise<void>} */
  #lead(signal) {
    return new Promise((resolve) => {
      let stream = this.#open();
      const check = setInterval(() => {
        // A browser gives up for good when the answer is an error; only then is it opened again from here.
        if (stream.readyState === EventSource.CLOSED) stream = this.#open();
      }, RETRY_MS);
      signal.addEventListener("abort", () => {
        clearInterval(check);
        stream.close();
        resolve();
      });
    });
  }

  #open() {
    const stream = openEvents(this.#record.lastId);
    stream.addEventListener("exchange", (event) => this.#tell({ kind: "exchange", exchange: JSON.parse(event.data) }));
    stream.addEventListener("changed", (event) => this.#tell({ kind: "changed", reason: JSON.parse(event.data).reason }));
    stream.addEventListener("open", () => {
      this.#channel.postMessage({ kind: "leading", lastId: this.#record.lastId });
      this.#found(true);
    });
    stream.addEventListener("error", () => this.#found(false));
    return stream;
  }

  /** Tells every tab once when the stream breaks, and once when it is back. @param {boolean} works */
  #found(works) {
    if (works !== this.#broken) return;
    this.#broken = !works;
    this.#tell({ kind: "changed", reason: works ? "reconnected" : "offline" });
  }

  /** @param {Told} told */
  #tell(told) {
    this.#channel.postMessage(told);
    this.#hear(told);
  }

  /** @param {Told} told */
  #hear(told) {
    if (told.kind === "exchange") this.#record.add(told.exchange);
    else if (told.kind === "changed") this.dispatchEvent(new LabChanged(told.reason));
    else if (told.lastId > this.#record.lastId) void this.catchUp().catch(() => undefined);
  }
}

/**
 * The lab itself changed (`clock`, `preset`, `reset`), or the way to it: `offline`; `reconnected`, perhaps to a lab that was
 * started again; `visible`, when this page was away and may have missed something.
 */
export class LabChanged extends Event {
  /** @param {string} reason */
  constructor(reason) {
    super("changed");
    /** @readonly */
    this.reason = reason;
  }
}
