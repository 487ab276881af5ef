// @ts-check
/** What the servers recorded of one run: the only place from which an outcome is read. */

import { pathOf } from "../exchange.js";

/** @typedef {import("../exchange.js").Exchange} Exchange */

/** How often the record is asked for what the stream has not brought, in milliseconds. */
const LOOK_MS = 120;

export class RunRecord {
  #record;
  #events;

  /** @param {import("../record.js").ExchangeRecord} record @param {import("../events.js").LabEvents} events @param {string} run */
  constructor(record, events, run) {
    this.#record = record;
    this.#events = events;
    /** Ties every request of this run to its record. @readonly */
    this.run = run;
  }

  /** Whether the run was stopped: then nothing is waited for. */
  get stopped() {
    return false;
  }

  /** The id of the newest exchange that is known here, of whatever run. */
  get lastId() {
    return this.#record.lastId;
  }

  /** An exchange by its id. @param {number} id @returns {Exchange | null} */
  exchange(id) {
    return this.#record.get(id) ?? null;
  }

  /** All exchanges of this run so far, oldest first. @returns {Exchange[]} */
  get exchanges() {
    return this.#record.all().filter((exchange) => exchange.run === this.run);
  }

  /** The exchanges of this run whose path ends in a label, `/stage/echo/<label>` and the like; never a preflight.
   * @param {string} label @param {string} [server] */
  labelled(label, server) {
    return this.exchanges.filter((exchange) => exchange.request.method !== "OPTIONS"
      && (server === undefined || exchange.server === server)
      && /^\/stage\/(landed|echo)\//.test(pathOf(exchange)) && pathOf(exchange).split("/").slice(3).join("/") === label);
  }

  /** The exchange by which a page of another origin reported under a label; null when it did not. @param {string} label */
  report(label) {
    return this.exchanges.findLast((exchange) => pathOf(exchange) === `/stage/report/${label}`) ?? null;
  }

  /** What it reported. @param {string} label @returns {any} */
  reported(label) {
    return JSON.parse(this.report(label)?.request.body ?? "null");
  }

  /** Waits until the record has an exchange, asking for it where the stream is slow.
   * @param {(exchange: Exchange) => boolean} wanted @param {number} patience In milliseconds. */
  async recorded(wanted, patience) {
    const has = () => this.#record.all().some(wanted);
    // A page behind another has no stream, and its timers are slow.
    if (document.hidden && !has()) await this.#events.catchUp();
    for (let waited = 0; !has() && waited < patience && !this.stopped; waited += LOOK_MS) {
      await Promise.race([this.#record.next(wanted, LOOK_MS), new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
      if (!has()) await this.#events.catchUp();
    }
  }
}
