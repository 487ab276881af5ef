// @ts-check
/** The replicas of the lab, as the script of an experiment works them: where they keep what they remember, which of them live. */

import { callServer, fetchReplicas, orderReplicas, run as pageRun } from "../api.js";
import { freshen } from "./freshen.js";

/** @typedef {import("../api.js").ReplicasState} State */

/** Uses up the connections that the browser keeps to replicas that may have been started anew. @param {State} state */
export async function meetAgain({ replicas }) {
  const living = replicas.filter(({ pid }) => pid !== null);
  const of = (/** @type {string} */ server) => living.filter((replica) => replica.server === server);
  await Promise.all(of("session").map(({ origin, letter }) =>
    freshen({ session: origin, jwt: of("jwt").find((other) => other.letter === letter)?.origin ?? origin })));
}

export class Replicas {
  #bench;
  #state;

  /** @param {import("./bench.js").Bench} bench @param {State} state */
  constructor(bench, state) {
    this.#bench = bench;
    this.#state = state;
  }

  /** @param {import("./bench.js").Bench} bench */
  static async of(bench) {
    const replicas = new Replicas(bench, await fetchReplicas());
    await replicas.#order({ act: "put_back" });
    return replicas;
  }

  /** Why a store cannot be chosen here; null where it can. @param {string} store */
  missing(store) {
    return this.#state.stores.find((known) => known.store === store)?.missing ?? null;
  }

  /** Has them keep sessions there, and take tokens back so. @param {import("../api.js").ReplicasMode} mode */
  use(mode) {
    return this.#order({ act: "use", mode });
  }

  /** Kills both processes of a letter. @param {string} letter */
  kill(letter) {
    return this.#order({ act: "kill", letter });
  }

  /** Starts both processes of a letter. @param {string} letter */
  restart(letter) {
    return this.#order({ act: "restart", letter });
  }

  /** Kills the engine that they share. */
  cut() {
    return this.#order({ act: "cut_store" });
  }

  /** Starts it again. */
  mend() {
    return this.#order({ act: "mend_store" });
  }

  /** Gives them a new signing key; the former one verifies on. */
  rotateKey() {
    return this.#order({ act: "rotate_key" });
  }

  /** Everything as it was, with nobody logged in. Called when a run has ended in whatever way, so it asks no bench. */
  async putBack() {
    const state = await orderReplicas({ act: "put_back" });
    await meetAgain(state);
    for (const { origin } of state.replicas) await callServer(origin, "POST", "/logout", { json: {}, cookies: true }, pageRun).catch(() => undefined);
  }

  /** @param {import("../api.js").ReplicasOrder} order */
  async #order(order) {
    const before = this.#state.version;
    this.#state = await orderReplicas(order);
    // Somebody else, in another tab, has given an order in the middle of this run.
    if (this.#state.version !== before + 1) this.#bench.disturb();
    await meetAgain(this.#state);
  }
}
