// @ts-check
/** The lab as `/lab/state` tells it, fetched again whenever something happened that may have changed it. */

import { fetchState } from "./api.js";

/** @typedef {import("./api.js").LabState} State */

/** Exchanges come in bursts; one look after the last of them is enough. */
const SETTLE_MS = 60;

/** Dispatches `change`. */
export class LabState extends EventTarget {
  /** @type {State | null} */
  current = null;
  #timer = 0;

  /** @param {State} state @returns {State} */
  take(state) {
    this.current = state;
    this.dispatchEvent(new Event("change"));
    return state;
  }

  async refresh() {
    return this.take(await fetchState());
  }

  /** Looks again soon. A failure is not said here: the event stream notices that the lab is gone, and says it once. */
  refreshSoon() {
    clearTimeout(this.#timer);
    if (document.visibilityState === "hidden") return; // Looked at again when it becomes visible.
    this.#timer = setTimeout(() => void this.refresh().catch(() => undefined), SETTLE_MS);
  }
}
