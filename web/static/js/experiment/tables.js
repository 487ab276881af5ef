// @ts-check
/**
 * The tables of an experiment: each cell is first a question, then an answer. Before the run it takes a prediction; after
 * it, it says what was observed, what was predicted, what was expected of this browser, and by which rule.
 */

import { html } from "../dom.js";
import { say } from "../i18n.js";
import { forget, keepPredictions, predictions } from "./kept.js";
import { agrees, expectationOf, NOT_OBSERVABLE } from "./verdict.js";

/** @typedef {import("./verdict.js").Cell} Cell */
/** @typedef {import("./verdict.js").Definition} Definition */
/** @typedef {import("./kept.js").Facts} Facts */
/** @typedef {import("./kept.js").Observation} Observation */
/** @typedef {import("./kept.js").Result} Result */

/** Which lane's colour a column has by its name: `session`, `token-cookie` … @param {string} column */
const laneOf = (column) => /^(session|token)(?=-|$)/.exec(column)?.[0] ?? null;

/** Dispatches `open-cell`, a `CustomEvent` with the cell's id. */
export class Tables extends EventTarget {
  #definition;
  #facts;
  /** @type {Map<string, {cell: Cell, place: HTMLElement}>} */
  #cells = new Map();
  #predicted;

  /** @param {HTMLElement} place @param {Definition} definition @param {Facts | null} facts */
  constructor(place, definition, facts) {
    super();
    this.#definition = definition;
    this.#facts = facts;
    this.#predicted = predictions(definition.id);
    place.replaceChildren(...definition.matrices.map((matrix) => this.#table(matrix)));
    for (const { cell } of this.#cells.values()) this.#ask(cell);
  }

  /** @param {string} id */
  word(id) {
    return this.#definition.words[id] ?? id;
  }

  /** "link, Strict": what a cell is called. @param {string} id */
  nameOf(id) {
    const cell = this.#cells.get(id)?.cell;
    if (cell === undefined) return id;
    const several = this.#definition.matrices.length > 1;
    return [several ? cell.matrix : null, cell.row, cell.column].filter((part) => part !== null).map((part) => this.word(String(part))).join(", ");
  }

  /** @param {import("./verdict.js").Matrix} matrix */
  #table(matrix) {
    const head = matrix.columns.map((column) =>
      html("th", { scope: "col", class: laneOf(column) }, this.word(column)));
    const rows = matrix.rows.map((row) => html("tr", {},
      html("th", { scope: "row" }, this.word(row)),
      ...matrix.columns.map((column) => this.#place(matrix, row, column))));
    const lane = matrix.lane ?? "";
    const name = `table-${matrix.id}`;
    const table = html("table", { class: `matrix ${lane}`, "data-matrix": matrix.id, "data-columns": matrix.columns.length, "aria-labelledby": name },
      html("thead", {}, html("tr", {}, html("td"), ...head)), html("tbody", {}, ...rows));
    return html("section", { class: `of-matrix ${lane}` }, html("h2", { id: name }, this.word(matrix.id)), html("div", { class: "table-scroll" }, table));
  }

  /** @param {import("./verdict.js").Matrix} matrix @param {string} row @param {string} column */
  #place(matrix, row, column) {
    const id = `${matrix.id}/${row}/${column}`;
    const cell = this.#definition.cells.find((cell) => cell.id === id);
    if (cell === undefined) return html("td", { class: "skipped" });
    const place = html("td", { "data-cell": id, class: laneOf(column) });
    this.#cells.set(id, { cell, place });
    return place;
  }

  /** Asks for a prediction. @param {Cell} cell */
  #ask(cell) {
    const place = this.#cells.get(cell.id)?.place;
    if (place === undefined) return;
    this.#mark(place, {});
    if (!cell.asked) return place.replaceChildren();
    const name = say("predict", { cell: this.nameOf(cell.id) });
    const group = html("div", { class: "prediction", role: "radiogroup", "aria-label": name });
    for (const outcome of cell.outcomes) {
      const input = html("input", { type: "radio", name: `predict ${cell.id}`, value: outcome, checked: this.#predicted[cell.id] === outcome });
      input.addEventListener("change", () => {
        this.#predicted[cell.id] = outcome;
        keepPredictions(this.#definition.id, this.#predicted);
      });
      group.append(html("label", {}, input, html("span", {}, this.word(outcome))));
    }
    place.replaceChildren(group);
  }

  /** A run begins: every cell is open. @param {Facts | null} facts */
  begin(facts) {
    this.#facts = facts;
    for (const { place } of this.#cells.values()) {
      this.#mark(place, {});
      place.replaceChildren(html("span", { class: "pending", "aria-hidden": "true" }, "…"));
    }
  }

  /** @param {string} id @param {Observation} observation */
  show(id, observation) {
    const known = this.#cells.get(id);
    if (known === undefined) throw new TypeError(`there is no cell ${id}`);
    const { cell, place } = known;
    if (observation.outcome !== NOT_OBSERVABLE && !cell.outcomes.includes(observation.outcome)) {
      throw new TypeError(`${observation.outcome} is no outcome of ${id}`);
    }
    const expectation = expectationOf(cell, this.#facts);
    const right = agrees(cell, observation, this.#facts);
    this.#mark(place, {
      observed: observation.outcome, expected: expectation?.is, agrees: right === null ? undefined : String(right),
      exchanges: observation.exchanges.join(" "),
      // The last outcome of a list is the one in which nothing came through: it is shown without colour.
      quiet: String(observation.outcome === NOT_OBSERVABLE || observation.outcome === cell.outcomes.at(-1)),
    });
    const outcome = observation.outcome === NOT_OBSERVABLE ? say("not-observable") : this.word(observation.outcome);
    const button = html("button", { type: "button", class: "outcome", "aria-label": `${outcome}. ${say("open-cell", { cell: this.nameOf(id) })}` },
      html("span", { class: "dot", "aria-hidden": "true" }), html("strong", {}, outcome));
    button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("open-cell", { detail: id })));
    const lines = [this.#said(cell, observation), observation.note];
    if (right === false && expectation !== null) lines.push(say("otherwise", { outcome: this.word(expectation.is) }));
    lines.push(...this.#elsewhere(cell, observation));
    const notes = lines.filter((line) => line !== null).map((line) => html("span", { class: "beside" }, String(line)));
    const rule = expectation === null ? null : ruleOf(expectation.source);
    place.replaceChildren(button, ...notes, ...(rule === null ? [] : [rule]));
  }

  /** Where a recorded run in another browser came out otherwise. @param {Cell} cell @param {Observation} observation */
  #elsewhere({ id }, { outcome }) {
    const others = this.#definition.evidence.filter((run) => id in run.observed && run.observed[id] !== outcome);
    return others.map(({ browser, version, facts, observed }) => {
      const values = { browser, version, outcome: this.word(observed[id]) };
      return facts["third-party-cookies"] === "allowed" ? say("recorded-differs-allowed", values) : say("recorded-differs-blocked", values);
    });
  }

  /** How the prediction went. @param {Cell} cell @param {Observation} observation */
  #said({ id }, { outcome }) {
    const predicted = this.#predicted[id];
    if (predicted === undefined || outcome === NOT_OBSERVABLE) return null;
    if (predicted === outcome) return say("you-said-right");
    return say("you-said-wrong", { outcome: this.word(predicted) });
  }

  /** @param {HTMLElement} place @param {Record<string, string | undefined>} data */
  #mark(place, data) {
    for (const key of ["observed", "expected", "agrees", "exchanges", "quiet"]) {
      if (data[key] === undefined) delete place.dataset[key];
      else place.dataset[key] = data[key];
    }
  }

  /** Shows a run that has ended, whole. @param {Result} result */
  complete({ observed, facts }) {
    this.#facts = facts;
    for (const { cell, place } of this.#cells.values()) {
      const observation = observed[cell.id];
      if (observation !== undefined) this.show(cell.id, observation);
      else place.replaceChildren(html("span", { class: "pending" }, say("not-observed")));
    }
  }

  /** Back to the questions. @param {Facts | null} facts */
  forget(facts) {
    this.#facts = facts;
    this.#predicted = {};
    forget(this.#definition.id);
    for (const { cell } of this.#cells.values()) this.#ask(cell);
  }

  /** How many cells came out as expected, of those with an expectation. @param {Result} result */
  score({ observed, facts }) {
    const all = [...this.#cells.values()].map(({ cell }) => agrees(cell, observed[cell.id], facts)).filter((agrees) => agrees !== null);
    return { agree: all.filter((agrees) => agrees).length, compared: all.length };
  }

  /** The facts of the passport, where this experiment is the one that finds them out: its table `facts` has a row for each.
   * @param {Record<string, Observation>} observed @returns {Facts | null} */
  facts(observed) {
    const found = Object.entries(observed).filter(([id, { outcome }]) => id.startsWith("facts/") && outcome !== NOT_OBSERVABLE);
    return found.length === 0 ? null : Object.fromEntries(found.map(([id, { outcome }]) => [id.split("/")[1], outcome]));
  }
}

/** The section that rules; what it says stands behind the colon of the source, and shows on request.
 * @param {string} source */
function ruleOf(source) {
  const [section] = source.split(": ", 1);
  return html("span", { class: "rule", title: source }, say("cell-rule", { source: section }));
}
