// @ts-check
/** The page of an experiment: puts the parts together, and leads through a run. */

import { fetchExperiment, resetLab } from "../api.js";
import { LabClock } from "../clock.js";
import { find, html } from "../dom.js";
import { LabChanged, LabEvents } from "../events.js";
import { laneOfReplica, pathOf } from "../exchange.js";
import { loadMessages, say } from "../i18n.js";
import { singleKeys } from "../keys.js";
import { LabState } from "../lab-state.js";
import { MessageDialog } from "../message-dialog.js";
import { failure } from "../outcome.js";
import { ExchangeAdded, ExchangeRecord } from "../record.js";
import { themeButton } from "../theme.js";
import { defineWireDiagram, WireDiagram } from "../wire-diagram.js";
import { Bench, Paused, Stopped } from "./bench.js";
import { Figures } from "./figures.js";
import { Inputs } from "./inputs.js";
import { forget, keepPassport, keepResult, keepUnfinished, passport, result, unfinished } from "./kept.js";
import { saveJson, saveSvg } from "./save.js";
import { SettingsBar } from "./settings-bar.js";
import { Steps } from "./steps.js";
import { SwitchBar } from "./switch-bar.js";
import { Tables } from "./tables.js";
import { Verdicts } from "./verdicts.js";
import { sayOf } from "./words.js";

/** @typedef {import("./kept.js").Result} Result */
/** @typedef {import("../exchange.js").Exchange} Exchange */

await loadMessages();
defineWireDiagram();

const main = find("main", HTMLElement);
const id = main.dataset.experiment ?? "";
const definition = await fetchExperiment(id);
const { run, resume } = await import(`/experiments/${id}/run.js`);

const record = new ExchangeRecord();
const events = new LabEvents(record);
const lab = new LabState();
const clock = new LabClock();
const dialog = new MessageDialog(find("#message", HTMLDialogElement));
const announcement = find("#announce", HTMLElement);
const announce = (/** @type {string} */ line) => void (announcement.textContent = line);
const tables = new Tables(find("#tables", HTMLElement), definition, passport()?.facts ?? null);
const verdicts = new Verdicts(find("#verdicts", HTMLElement), definition, tables);
const steps = new Steps(main, find("#present", HTMLButtonElement), announce);
const settings = new SettingsBar(find("#settings", HTMLElement), definition.settings, lab, announce);
const switchBar = new SwitchBar(find("#switch", HTMLElement), definition.switch);
const inputs = new Inputs(find("#inputs", HTMLElement), id, definition.inputs, definition.words);
const tell = (/** @type {string} */ word, /** @type {Record<string, string | number>} */ values) => sayOf(definition.words, word, values);
const figures = new Figures(find("#figures", HTMLElement), definition.figures, definition.words, tell, () => clock.now());
const diagrams = {
  session: find('[data-lane="session"] wire-diagram', WireDiagram),
  token: find('[data-lane="token"] wire-diagram', WireDiagram),
  others: find('[data-lane="others"] wire-diagram', WireDiagram),
};

/** @type {Bench | null} The run that is under way. */
let bench = null;
/** @type {Result} */
let latest = result(id) ?? { run: "", at: "", facts: null, observed: {} };
/** @type {Set<number> | null} The exchanges that are drawn, when not all of the run. */
let only = null;

const banner = find("#banner", HTMLElement);
/** @param {(string | Node)[]} parts */
function warn(...parts) {
  banner.hidden = parts.length === 0;
  banner.replaceChildren(...parts);
}

/** Whether an exchange is drawn: one of the run, and of the cell that is looked at; not what only moved the page, waited or reported.
 * @param {Exchange} exchange */
function isShown(exchange) {
  if (exchange.run !== latest.run) return false;
  return only === null ? !/^\/stage(\/(report|wait)\/.*)?$/.test(pathOf(exchange)) : only.has(exchange.id);
}

/** Draws the exchanges of the latest run, or of one cell. */
function draw() {
  for (const diagram of Object.values(diagrams)) diagram.clear();
  const shown = record.all().filter(isShown);
  find(".wire-of-run", HTMLElement).hidden = latest.run === "";
  for (const exchange of shown) show(exchange);
  find("#show-all", HTMLButtonElement).hidden = only === null;
  for (const [lane, diagram] of Object.entries(diagrams)) {
    find(`[data-lane="${lane}"]`, HTMLElement).hidden = diagram.isEmpty;
  }
}

/** @param {Exchange} exchange */
function show(exchange) {
  const lane = laneOfReplica(exchange.server) ?? "others";
  find(".wire-of-run", HTMLElement).hidden = false;
  find(`[data-lane="${lane}"]`, HTMLElement).hidden = false;
  diagrams[lane].show(exchange);
}

record.addEventListener("added", (event) => {
  if (event instanceof ExchangeAdded && isShown(event.exchange)) show(event.exchange);
});

lab.addEventListener("change", () => {
  if (lab.current !== null) clock.set(lab.current.now);
  const elsewhere = settings.elsewhere;
  if (bench === null && elsewhere.length > 0) warn(say("experiment-settings-elsewhere", { settings: elsewhere.join(", ") }));
  const cookie = lab.current?.session.cookie ?? "";
  dialog.cookieName = cookie;
  for (const diagram of Object.values(diagrams)) diagram.viewer = { cookieName: cookie, run: latest.run, liveAfter: 0 };
});

events.addEventListener("changed", async (event) => {
  if (!(event instanceof LabChanged)) return;
  if (event.reason === "offline") return announce(say("lab-offline"));
  if (event.reason === "reset" && bench === null) record.clear();
  if (event.reason === "reconnected") record.clear(0);
  const before = lab.current;
  const isOurs = bench !== null || settings.busy || resetting;
  const state = await lab.refresh().catch(() => null);
  // What this page changed itself it knows by now, from the answer; what differs still is somebody else's doing.
  const differs = before !== null && state !== null
    && (state.settings_version !== before.settings_version || state.offset_seconds !== before.offset_seconds);
  if (differs && !isOurs) warn(say("experiment-other-tab"));
  if (event.reason === "reset") bench?.disturb();
  if (event.reason === "reconnected") await events.catchUp().then(() => announce(say("lab-online")), () => undefined);
});

/** Waits for the reader to open a page of another origin. @param {string} host @param {string} address @returns {Promise<void>} */
function askForTab(host, address) {
  const place = find("#ask-tab", HTMLElement);
  const link = html("a", { class: "button primary", href: address, target: "_blank", rel: "noopener", "data-open-tab": host }, say("open-tab", { host }));
  place.replaceChildren(link, html("span", {}, say("open-tab-why", { host })));
  place.hidden = false;
  main.dataset.state = "waiting-for-tab";
  link.focus();
  return new Promise((resolve) => {
    link.addEventListener("click", () => {
      // Hidden after the browser has followed the link.
      setTimeout(() => {
        place.hidden = true;
        main.dataset.state = "running";
        resolve();
      }, 0);
    });
  });
}

const progress = find("#progress", HTMLProgressElement);
/** @param {{latest: Result, state: unknown} | null} before What is left of a run that was paused. */
async function start(before = null) {
  if (bench !== null || lab.current === null) return;
  warn();
  only = null;
  steps.go("run");
  const facts = passport()?.facts ?? null;
  const conditions = { ...facts, ...settings.own };
  tables.begin(conditions);
  verdicts.clear();
  figures.clear();
  bench = new Bench({
    lab, record, events, facts, words: definition.words, choices: settings.chosen, sides: switchBar.sides, inputs: inputs.values, askForTab,
    drawn(figure, data) {
      (latest.figures ??= {})[figure] = data;
      void figures.show(figure, data);
    },
    observed(cell, observation) {
      latest.observed[cell] = observation;
      tables.show(cell, observation);
      progress.value = Object.keys(latest.observed).length / definition.cells.length;
    },
    progress(fraction, what) {
      if (fraction !== null) progress.value = fraction;
      announce(say("experiment-doing", { what }));
    },
    restarting: (changed) => announce(say("experiment-restarting", { settings: settingsInWords(changed) })),
  }, before?.latest.run);
  latest = before?.latest ?? { run: bench.run, at: lab.current.now, facts: conditions, observed: {} };
  for (const [cell, observation] of Object.entries(latest.observed)) tables.show(cell, observation);
  keepUnfinished(id, null);
  lab.take(lab.current);
  draw();
  main.dataset.state = "running";
  showButtons(true);
  progress.value = 0;
  announce(say("experiment-running"));
  const [state, line] = await carryOut(bench, before);
  await bench.putBack().catch(() => undefined);
  finish(state, line);
}

/** Runs the script of the experiment. @param {Bench} bench @param {{state: unknown} | null} before
 * @returns {Promise<[state: string, line: string]>} */
async function carryOut(bench, before) {
  try {
    await bench.begin();
    await (before === null ? run(bench) : resume(bench, before.state));
    return (await bench.isDisturbed()) ? ["no-verdict", say("experiment-no-verdict")] : ["done", ""];
  } catch (error) {
    if (error instanceof Stopped) return ["stopped", say("experiment-stopped")];
    if (error instanceof Paused) {
      keepUnfinished(id, { latest, state: error.state });
      return ["unfinished", say("experiment-unfinished")];
    }
    console.warn(error); // The console is where whoever writes an experiment looks.
    return ["failed", say("experiment-failed", { error: failure(error) })];
  }
}

/** @param {boolean} running */
function showButtons(running) {
  find("#run", HTMLButtonElement).disabled = running;
  find("#stop", HTMLButtonElement).hidden = find("#progress", HTMLProgressElement).hidden = !running;
  find("#continue", HTMLButtonElement).hidden = running || unfinished(id) === null;
}

/** @param {Record<string, string>} changed */
const settingsInWords = (changed) =>
  Object.entries(changed).map(([key, value]) => `${key} = ${value}`).join(", ") || say("setting-default");

/** @param {string} state @param {string} line */
function finish(state, line) {
  bench = null;
  main.dataset.state = state;
  showButtons(false);
  find("#ask-tab", HTMLElement).hidden = true;
  if (state !== "done") return announce(line);
  const facts = tables.facts(latest.observed);
  if (facts !== null) {
    keepPassport(facts, latest.at);
  }
  keepResult(id, latest);
  complete();
  steps.go("observed");
}

/** Shows what the latest complete run came to. */
function complete() {
  tables.complete(latest);
  verdicts.show(latest);
  for (const [figure, data] of Object.entries(latest.figures ?? {})) void figures.show(figure, data);
  for (const part of main.querySelectorAll("[data-part=why]")) if (part instanceof HTMLElement) part.hidden = false;
  draw();
  const { agree, compared } = tables.score(latest);
  announce(compared === 0 ? say("experiment-done-open") : say("experiment-done", { agree, count: compared }));
}

let resetting = false;
tables.addEventListener("open-cell", (event) => {
  if (!(event instanceof CustomEvent)) return;
  only = new Set(latest.observed[event.detail]?.exchanges ?? []);
  draw();
  find(".wire-of-run", HTMLElement).scrollIntoView({ block: "start", behavior: "smooth" });
});
find("#show-all", HTMLButtonElement).addEventListener("click", () => {
  only = null;
  draw();
});
document.addEventListener("open-message", (event) => {
  if (event instanceof CustomEvent) dialog.openMessage(event.detail.exchange, event.detail.part);
});
find("#run", HTMLButtonElement).addEventListener("click", () => void start());
find("#continue", HTMLButtonElement).addEventListener("click", () => void start(unfinished(id)));
find("#stop", HTMLButtonElement).addEventListener("click", () => bench?.stop());
find("#reset-experiment", HTMLButtonElement).addEventListener("click", () => {
  bench?.stop();
  forget(id);
  keepUnfinished(id, null);
  showButtons(false);
  latest = { run: "", at: "", facts: null, observed: {} };
  tables.forget(passport()?.facts ?? null);
  inputs.forget();
  figures.clear();
  verdicts.clear();
  for (const part of main.querySelectorAll("[data-part=why]")) if (part instanceof HTMLElement) part.hidden = true;
  draw();
  main.dataset.state = "ready";
  steps.go("predict");
  announce(say("experiment-was-reset"));
});
find("#reset-all", HTMLButtonElement).addEventListener("click", async () => {
  bench?.stop();
  resetting = true;
  await resetLab().then((state) => lab.take(state) && announce(say("lab-was-reset")), (error) => announce(failure(error)));
  resetting = false;
});
find("#save-json", HTMLButtonElement).addEventListener("click", () => saveJson(definition, latest, record, tables));
find("#save-svg", HTMLButtonElement).addEventListener("click", () => void saveSvg(definition, Object.values(diagrams)));
themeButton(find("#theme", HTMLButtonElement), announce);
singleKeys(find("#single-keys", HTMLInputElement));
find("#help", HTMLButtonElement).addEventListener("click", () => find("#keys", HTMLDialogElement).showModal());

try {
  await lab.refresh();
  await events.start();
  main.dataset.state = "ready";
  showButtons(false);
  if (Object.keys(latest.observed).length > 0) complete();
  else announce(say("experiment-ready"));
  const hosts = new Set(Object.values(lab.current?.origins ?? {}).map((origin) => new URL(origin).hostname));
  if (definition.needs_sibling_hosts && hosts.size <= 2) {
    find("#run", HTMLButtonElement).disabled = true;
    main.dataset.state = "not-observable";
    warn(say("experiment-needs-hosts"));
  }
  const hasReplicas = "session-b" in (lab.current?.origins ?? {}); // One alone has nobody to be compared with.
  if (definition.needs_replicas && !hasReplicas) {
    find("#run", HTMLButtonElement).disabled = true;
    main.dataset.state = "not-observable";
    warn(say("experiment-needs-replicas"), " ", html("code", {}, say("experiment-replicas-command")));
  } else if (definition.panel) {
    const { show: showPanel } = await import(`/experiments/${id}/panel.js`);
    showPanel(find("#panel", HTMLElement), { lab, record, events, tell, announce, isRunning: () => bench !== null });
  }
  const own = new Set(definition.settings.map(({ key }) => key));
  const needsPassport = definition.cells.some(({ expectations }) => expectations.some(({ when }) => Object.keys(when).some((fact) => !own.has(fact))));
  if (needsPassport && passport() === null) {
    warn(say("experiment-no-passport"), " ", html("a", { href: "/experiments/passport" }, say("experiment-take-passport")));
  }
} catch (error) {
  main.dataset.state = "failed";
  announce(failure(error));
}
