// @ts-check
/**
 * Calls to the two servers that end when the answer is here *and* its exchange has been recorded and drawn, so that an
 * action is over when the reader can see it.
 */

import { callServer, run } from "./api.js";
import { pathOf } from "./exchange.js";

/** How long to wait for the stream before asking for the record, and for the record before going on without. */
const STREAM_MS = 500;
const ASKED_MS = 1_000;

export class RecordedCalls {
  #record;
  #events;
  /** @type {Record<string, string>} */
  #origins = {};

  /** @param {import("./record.js").ExchangeRecord} record @param {import("./events.js").LabEvents} events */
  constructor(record, events) {
    this.#record = record;
    this.#events = events;
  }

  /** @param {Record<string, string>} origins */
  useOrigins(origins) {
    this.#origins = origins;
  }

  /** @param {"session" | "jwt"} server @param {string} method @param {string} path @param {import("./api.js").Call} [call] */
  async send(server, method, path, call) {
    const seen = this.#record.lastId;
    const recorded = this.#arrival((exchange) => exchange.id > seen && exchange.run === run
      && exchange.server === server && exchange.request.method === method && pathOf(exchange) === path);
    const answer = await callServer(this.#origins[server], method, path, call);
    await recorded();
    return answer;
  }

  /** Waits until an exchange has been recorded that the lab itself made. @param {number} id */
  async recorded(id) {
    if (this.#record.get(id) === undefined) await this.#arrival((exchange) => exchange.id === id)();
  }

  /** Listens from now on; the returned function waits, and asks for the record itself when the stream is slow or away.
   * @param {(exchange: import("./exchange.js").Exchange) => boolean} wanted */
  #arrival(wanted) {
    let here = false;
    const first = this.#record.next((exchange) => wanted(exchange) && (here = true), STREAM_MS + ASKED_MS + 30_000);
    return async () => {
      await Promise.race([first, pause(STREAM_MS)]);
      if (here) return;
      await this.#events.catchUp();
      await Promise.race([first, pause(ASKED_MS)]);
    };
  }
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
