// @ts-check
/**
 * The buttons of the page: what each does on one lane or on both, one after another, and the line that says what happened.
 */

import { run } from "./api.js";
import { LANES } from "./exchange.js";
import { say } from "./i18n.js";
import { failure } from "./outcome.js";

/** @typedef {import("./exchange.js").Lane} Lane */
/** @typedef {import("./lane-clients.js").Outcome} Outcome */
/** @typedef {import("./lane-clients.js").SessionClient | import("./lane-clients.js").TokenClient} Client */

const AMOUNT_MINOR = 1_000;

export class Actions {
  /** @type {Promise<void>} The end of the queue. A second press waits for the first: exchanges must not interleave. */
  #queue = Promise.resolve();
  #waiting = 0;
  #main;
  #announcement;
  #clients;
  #chosen;

  /**
   * @param {HTMLElement} main Carries `data-busy`. @param {HTMLElement} announcement
   * @param {Record<Lane, Client>} clients
   * @param {{user: () => {username: string, password: string}, lanes: () => "both" | Lane}} chosen
   */
  constructor(main, announcement, clients, chosen) {
    this.#main = main;
    this.#announcement = announcement;
    this.#clients = clients;
    this.#chosen = chosen;
  }

  logIn() {
    const user = this.#chosen.user();
    return this.#onLanes((client) => client.logIn(user));
  }

  readBalance() {
    return this.#onLanes((client) => client.readBalance());
  }

  transfer() {
    const to = this.#chosen.user().username === "bob" ? "alice" : "bob";
    // Each lane pays once. The key makes a retry of the same payment harmless, so the retry after a refresh repeats it.
    return this.#onLanes((client) => client.transfer({ to, amountMinor: AMOUNT_MINOR, key: idempotencyKey() }));
  }

  logOut() {
    return this.#onLanes((client) => client.logOut());
  }

  replay() {
    return this.#onLanes((client) => client.replay());
  }

  /** Queues anything else that changes the lab; what it returns is announced. @param {() => Promise<string>} work */
  perform(work) {
    return this.#enqueue(work);
  }

  /** Says a line without doing anything. @param {string} line */
  announce(line) {
    this.#announcement.textContent = line;
  }

  /** One lane after the other: side by side they would compete for the processor, and the times shown would be wrong.
   * @param {(client: Client) => Promise<Outcome>} act */
  #onLanes(act) {
    const chosen = this.#chosen.lanes();
    return this.#enqueue(async () => {
      /** @type {Partial<Record<Lane, string>>} */
      const said = {};
      for (const lane of LANES) {
        if (chosen !== "both" && chosen !== lane) continue;
        said[lane] = await act(this.#clients[lane]).then((outcome) => outcome.text, failure);
      }
      const { session = "", token = "" } = said;
      if (chosen === "session") return say("happened-session", { session });
      if (chosen === "token") return say("happened-token", { token });
      return session === token ? say("happened-alike", { both: session }) : say("happened", { session, token });
    });
  }

  /** @param {() => Promise<string>} work */
  #enqueue(work) {
    this.#waiting += 1;
    this.#main.dataset.busy = "true";
    this.#queue = this.#queue.then(async () => {
      this.announce(await work().catch(failure));
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#main.dataset.busy = "false";
    });
    return this.#queue;
  }
}

/** Unique for each payment. `randomUUID` exists in secure contexts only; on a plain-http address the same is made by hand. */
function idempotencyKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return `${run}-${bytes.join("")}`;
}
