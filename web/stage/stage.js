// @ts-check
/**
 * Walks through a plan that an experiment wrote: one step after another, each at the origin that it names.
 *
 * The plan travels in the fragment of the address, which is sent to no server and survives links, forms and redirects; so a
 * step may leave this page for another origin, and the walk goes on wherever it arrives. What a step found is reported to
 * the server of this origin, and so becomes part of the record, from which alone the lab reads it.
 */

import { REQUESTS } from "./requests.js";
import { STORAGE } from "./storage.js";
import { TABS } from "./tabs.js";
import { VICTIMS } from "./victims.js";
import { LEFT, WINDOWS } from "./windows.js";

/** @typedef {{at: string, do: string, label?: string, [option: string]: any}} Step */
/**
 * @typedef {object} Plan
 * @property {string} run
 * @property {Step[]} steps
 * @property {number} next
 * @property {boolean} [framed] Whether it is walked in a frame of another page.
 * @property {boolean} [child] Whether it is walked in a tab that another page has opened.
 * @property {string} [returned] The label under which to report what this page shows when the visitor comes back to it.
 */
/** @typedef {(step: Step, stage: Stage) => Promise<unknown>} Act What it returns is reported, unless it is undefined. */

/** @type {Record<string, Act>} */
const ACTS = { ...REQUESTS, ...STORAGE, ...TABS, ...VICTIMS, ...WINDOWS };

/** How long a page rests between two steps, so that a spectator can follow; where nobody looks, timers are slow. */
const PACE_MS = 30;

export class Stage {
  #main;
  #plan;

  /** @param {HTMLElement} main @param {Plan} plan */
  constructor(main, plan) {
    this.#main = main;
    this.#plan = plan;
    /** @type {Record<string, string>} */
    this.origins = JSON.parse(main.dataset.origins ?? "{}");
    this.here = main.dataset.role ?? "";
    this.run = plan.run;
  }

  /** The address of a path at an origin of the lab, tied to the run.
   * @param {string} role @param {string} path */
  address(role, path) {
    const url = new URL(path, this.origins[role]);
    url.searchParams.set("run", this.run);
    return url.href;
  }

  /** The fragment with which the walk goes on after this step.
   * @param {Partial<Plan>} [changes] */
  onward(changes = {}) {
    return encode({ ...this.#plan, next: this.#plan.next + 1, ...changes });
  }

  /** The fragment of a page whose only step is the back button. */
  back() {
    return encode({ run: this.run, steps: [{ at: "blog", do: "back" }], next: 0 });
  }

  /** Tells the server of this origin what was found. @param {string} label @param {unknown} found */
  async report(label, found) {
    const address = this.address(this.here, `/stage/report/${label}`);
    await fetch(address, { method: "POST", body: JSON.stringify(found ?? {}), headers: { "Content-Type": "text/plain" } });
  }

  /** Waits until the run has a request of this label, for as long as the server holds the question. @param {string} label */
  async comes(label) {
    const answer = await fetch(this.address(this.here, `/stage/wait/${label}`), { cache: "no-store" });
    return answer.status === 204;
  }

  /** What this page shows to whoever comes back to it, by the back button. @param {boolean} persisted Whether it was kept alive. */
  async cameBack(persisted) {
    const label = this.#plan.returned;
    if (label === undefined) return;
    delete this.#plan.returned;
    await this.report(label, { persisted, shows: this.#main.querySelector(".who")?.textContent ?? "" });
  }

  /** The plan as it is when the visitor comes back here: this step is over then. @param {string} label */
  expectReturn(label) {
    this.#plan.returned = label;
    this.#plan.next += 1;
    history.replaceState(null, "", `#${encode(this.#plan)}`);
  }

  /** Walks until the plan ends or leaves this page. */
  async walk() {
    for (;;) {
      const step = this.#plan.steps[this.#plan.next];
      if (step === undefined) return this.#over();
      if (step.at !== this.here) return void location.replace(`${this.address(step.at, "/stage")}#${encode(this.#plan)}`);
      this.#show(step);
      const act = ACTS[step.do];
      const found = act === undefined ? { error: `no step is called ${step.do}` } : await act(step, this).catch(described);
      if (found === LEFT) return;
      if (found !== undefined) await this.report(step.label ?? step.do, found);
      this.#plan.next += 1;
      history.replaceState(null, "", `#${encode(this.#plan)}`);
      if (!document.hidden) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }

  /** @param {Step} step */
  #show(step) {
    const item = document.createElement("li");
    item.textContent = [step.do, step.to ?? step.of, step.label ?? step.for].filter(Boolean).join(" · ");
    this.#main.querySelector("#steps")?.append(item);
  }

  async #over() {
    if (this.#plan.framed) return void parent.postMessage("stage-over", "*");
    if (this.#plan.child) {
      new BroadcastChannel("stage").postMessage("over");
      return close();
    }
    await this.report("over", { steps: this.#plan.steps.length });
    history.replaceState(null, "", location.pathname + location.search);
    const over = this.#main.querySelector("#over");
    if (over instanceof HTMLElement) over.hidden = false;
    this.#main.dataset.over = "true";
    close(); // Browsers close only what a script has opened; the line above is for all others.
  }
}

/** @param {unknown} error */
const described = (error) => ({ error: String(error) });

/** @param {Plan} plan */
const encode = (plan) => encodeURIComponent(JSON.stringify(plan));

/** @returns {Plan | null} */
function planOfAddress() {
  try {
    return JSON.parse(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null;
  }
}

const main = document.querySelector("main");
const plan = planOfAddress();
if (main !== null && plan !== null) {
  const stage = new Stage(main, plan);
  addEventListener("pageshow", (event) => {
    if (event.persisted) void stage.cameBack(true).then(() => stage.walk());
  });
  await stage.cameBack(false);
  await stage.walk();
} else {
  const idle = document.querySelector("#idle");
  if (idle instanceof HTMLElement) idle.hidden = false;
}
