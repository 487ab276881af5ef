// @ts-check
/**
 * The benchmark: started, watched and stopped here. The lab measures; this page asks once a second how far it is, and draws anew
 * whenever a round is whole.
 */

import { fetchBenchmark, fetchResults, Refused, startBenchmark, stopBenchmark, Unreachable } from "../api.js";
import { find } from "../dom.js";
import { loadMessages, say, sayCount } from "../i18n.js";
import { singleKeys } from "../keys.js";
import { isPresented, setPresented } from "../presenting.js";
import { themeButton } from "../theme.js";
import { draw } from "./found.js";

/** @typedef {import("./report.js").Benchmark} Benchmark */

const EVERY_MS = 1_000;

await loadMessages();

const main = find("main", HTMLElement);
const announce = find("#announce", HTMLElement);
const found = find("#found", HTMLElement);
/** The version of the report that is drawn. @type {number | null} */
let drawn = null;
/** Whether it has every round that was asked for. */
let complete = false;
/** What was said last: a line is said once, and not once a second. */
let said = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

/** @param {string} line */
function tell(line) {
  if (line === said) return;
  said = line;
  announce.textContent = line;
}

/** Asks how far the run is, shows it, and asks again while there is one. */
async function look() {
  clearTimeout(next);
  try {
    await show(await fetchBenchmark());
  } catch (error) {
    tell(inWords(error));
    next = setTimeout(look, EVERY_MS); // A lab that was stopped may be started again.
  }
}

/** @param {Benchmark} state */
async function show(state) {
  clearTimeout(next);
  if (state.can_run) showControls(state);
  if (state.shown === null) {
    drawn = null;
    found.replaceChildren();
  } else if (state.shown.version !== drawn) {
    drawn = state.shown.version;
    const report = await fetchResults();
    complete = report.complete;
    await draw(found, state.shown, report);
  }
  if (state.phase === "running") next = setTimeout(look, EVERY_MS);
  tell(line(state));
  main.dataset.phase = state.phase;
}

/** @param {Benchmark} state */
function showControls({ phase, progress, stopping }) {
  const runs = phase === "running";
  const start = find("#start", HTMLButtonElement);
  const stop = find("#stop", HTMLButtonElement);
  const had = document.activeElement;
  start.hidden = runs;
  stop.hidden = !runs;
  stop.disabled = stopping;
  // A button that goes away must not take the focus with it.
  if (runs && had === start) stop.focus();
  if (!runs && had === stop) start.focus();
  find("#offers", HTMLFieldSetElement).disabled = runs;
  const bar = find("#progress", HTMLProgressElement);
  const at = find("#at", HTMLElement);
  bar.hidden = at.hidden = !runs;
  if (progress === null) return;
  bar.max = progress.turns;
  bar.value = progress.turns_done;
  at.textContent = say("benchmark-at", { done: progress.turns_done, turns: progress.turns, left: duration(progress.seconds_left) });
}

/** One line for each round, so that who listens hears how far it is and is not talked over.
 * @param {Benchmark} state */
function line({ can_run, phase, progress, stopping, failure }) {
  if (!can_run) return "";
  if (failure !== null) return say("benchmark-failed", { why: failure });
  if (phase === "idle") return say("benchmark-idle");
  if (phase === "done") return say(complete ? "benchmark-done" : "benchmark-stopped");
  if (stopping) return say("benchmark-stopping");
  if (progress === null || progress.round === null) return say("benchmark-preparing");
  if (progress.round === 0) return say("benchmark-warming");
  return say("benchmark-round", { round: progress.round, rounds: progress.rounds });
}

/** @param {number} seconds */
function duration(seconds) {
  const minutes = Math.ceil(seconds / 60);
  return seconds < 90
    ? sayCount(seconds, { one: "benchmark-second", other: "benchmark-seconds" })
    : sayCount(minutes, { one: "benchmark-minute", other: "benchmark-minutes" });
}

/** Does what a button says, and tells of a lab that refuses. @param {() => Promise<Benchmark>} work */
async function act(work) {
  try {
    await show(await work());
  } catch (error) {
    await look();
    tell(inWords(error));
  }
}

function start() {
  const kind = find("input[name=kind]:checked", HTMLInputElement).value;
  const number = (/** @type {string | undefined} */ text) => (text === undefined ? undefined : Number(text));
  const { rounds, windowMs } = main.dataset;
  return startBenchmark({ kind, rounds: number(rounds), window_ms: number(windowMs) });
}

/** @param {unknown} error */
function inWords(error) {
  if (error instanceof Refused) return say("benchmark-refused", { why: error.answer.body.detail ?? error.message });
  if (error instanceof Unreachable) return say("benchmark-unreachable");
  throw error;
}

if (document.querySelector("#start") !== null) {
  find("#start", HTMLButtonElement).addEventListener("click", () => void act(start));
  find("#stop", HTMLButtonElement).addEventListener("click", () => void act(stopBenchmark));
}
// Another page may have started a run while this one was not looked at.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void look());

themeButton(find("#theme", HTMLButtonElement), tell);
singleKeys(find("#single-keys", HTMLInputElement));
find("#help", HTMLButtonElement).addEventListener("click", () => find("#keys", HTMLDialogElement).showModal());
const present = find("#present", HTMLButtonElement);
present.setAttribute("aria-pressed", String(isPresented()));
present.addEventListener("click", () => setPresented(present, !isPresented()));
await look();
