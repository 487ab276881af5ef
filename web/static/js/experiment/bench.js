// @ts-check
/**
 * What the script of an experiment works with: one bench for each run.
 *
 * It sends requests, opens pages of other origins, turns settings, moves the clock, and notes what was observed, each
 * observation with the exchanges that decided it. What a request carried and what became of it is read from the server's
 * record alone. Whatever a run changes is put back when it ends.
 */

import { administrate, advanceClock, callServer, changeSettings, nullIfUnreachable, replay, resetClock, restartServer, run as pageRun, runProgram, setAway, setCookies, tryPasswords } from "../api.js";
import { pathOf } from "../exchange.js";
import { expired } from "./expired.js";
import { freshen } from "./freshen.js";
import { RunRecord } from "./run-record.js";
import { NOT_OBSERVABLE } from "./verdict.js";
import { sayOf } from "./words.js";

/** @typedef {import("../exchange.js").Exchange} Exchange */
/** @typedef {import("./kept.js").Observation} Observation */
/** @typedef {{at: string, do: string, label?: string, [option: string]: any}} Step */
/**
 * @typedef {object} Sent What came of a request.
 * @property {number} status Of the answer that the page could read; 0 where it could read none.
 * @property {Record<string, any>} body
 * @property {boolean} readable Whether the page's script could read the answer.
 * @property {Exchange | null} exchange What the server recorded; null where the request never reached it.
 * @property {Exchange | null} preflight The question that the browser asked before.
 * @property {Exchange[]} exchanges Both, and whatever else came of the call.
 */
/**
 * @typedef {object} Surroundings What the page gives a bench.
 * @property {import("../lab-state.js").LabState} lab
 * @property {import("../record.js").ExchangeRecord} record
 * @property {import("../events.js").LabEvents} events
 * @property {import("./kept.js").Facts | null} facts
 * @property {Record<string, string>} choices The settings that the reader has chosen on the page.
 * @property {Record<string, string>} words The words of the experiment's text.
 * @property {import("./switch-bar.js").Side[]} sides
 * @property {Record<string, string>} inputs What the reader has written.
 * @property {(cell: string, observation: Observation) => void} observed
 * @property {(figure: string, data: unknown) => void} drawn
 * @property {(fraction: number | null, what: string) => void} progress
 * @property {(host: string, address: string) => Promise<void>} askForTab Resolves when the reader has opened it.
 * @property {(settings: Record<string, string>) => void} restarting
 */

/** How long a request that the page heard nothing of may take to be recorded. */
const SETTLE_MS = 400;
/** How long the walk of an opened page may take. */
const WALK_MS = 300_000;
/** How long the reader may take until the page is opened that is to report. */
const READER_MS = 3_600_000;

export class Stopped extends Error {}

/** The run goes on later, in this browser started anew. */
export class Paused extends Error {
  /** @param {unknown} state What `resume` is given then. */
  constructor(state) {
    super();
    /** @readonly */
    this.state = state;
  }
}

export class Bench extends RunRecord {
  #on;
  #stop = new AbortController();
  /** @type {Map<string, Set<string>>} What takes the cookies away again that this run has set, by server. */
  #cookies = new Map();
  /** @type {Record<string, string>} */
  #base;
  #moved = false;
  /** @type {Set<"session" | "jwt">} */
  #away = new Set();
  #disturbed = false;
  /** What the lab must say of its settings and its clock as long as nobody else touches them. */
  #version;
  #offset;
  /** Access and refresh token of the last login at the JWT server. @type {{access_token?: string, refresh_token?: string}} */
  tokens = {};

  /** @param {Surroundings} surroundings @param {string} [run] The run that is gone on with. */
  constructor(surroundings, run) {
    super(surroundings.record, surroundings.events, run ?? `x${Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join("")}`);
    this.#on = surroundings;
    this.#base = { ...surroundings.choices };
    this.#version = surroundings.lab.current?.settings_version ?? 0;
    this.#offset = surroundings.lab.current?.offset_seconds ?? 0;
    /** @readonly */
    this.origins = surroundings.lab.current?.origins ?? {};
    /** What the passport found out about this browser; null without one. @readonly */
    this.facts = surroundings.facts;
    /** The settings that the reader has chosen on the page, by key. @readonly */
    this.choices = surroundings.choices;
    /** The sides of the switch that this run tries, the broken one first: `await bench.use(side.settings)`. @readonly */
    this.sides = surroundings.sides;
    /** What the reader has written, by the id of the input. @readonly */
    this.inputs = surroundings.inputs;
  }

  /** Ends the run at the next step. */
  stop() {
    this.#stop.abort();
  }

  get stopped() {
    return this.#stop.signal.aborted;
  }

  #check() {
    if (this.stopped) throw new Stopped();
  }

  // What was observed.

  /** Notes what a cell came to. @param {string} cell @param {string | null} outcome Null where the record says neither one thing nor
   * another: the cell stays empty, and is shown as not observed.
   * @param {(Exchange | null)[]} exchanges Those that decided it. @param {string | null} [note] A few words beside it. */
  observe(cell, outcome, exchanges, note = null) {
    if (outcome === null) return;
    const ids = exchanges.filter((exchange) => exchange !== null).map((exchange) => exchange.id);
    this.#on.observed(cell, { outcome, exchanges: ids, note });
  }

  /** Draws a picture of what was observed, again whenever there is more. @param {string} id @param {unknown} data Kept with the result: JSON. */
  figure(id, data) {
    this.#on.drawn(id, data);
  }

  /** Words of the experiment's own text, `say-<id>`, with its placeables filled in.
   * @param {string} id @param {Record<string, string | number>} [values] */
  say = (id, values = {}) => sayOf(this.#on.words, id, values);

  /** What the experiment's text calls a table, a row, a column or an outcome. @param {string} id */
  word = (id) => this.#on.words[id] ?? id;

  /** The password of a demo user, as the lab prints it. @param {string} username */
  passwordOf = (username) => this.#on.lab.current?.users.find((known) => known.username === username)?.password ?? "";

  /** Notes that a cell cannot be observed in this place, and why. @param {string} cell @param {string} why */
  notObservable(cell, why) {
    this.#on.observed(cell, { outcome: NOT_OBSERVABLE, exchanges: [], note: why });
  }

  /** Says what is being done. @param {string} what @param {number | null} [fraction] Of the whole, where that is known. */
  doing(what, fraction = null) {
    this.#check();
    this.#on.progress(fraction, what);
  }

  // Requests of this page.

  /** Sends a request from this page. One that the browser refuses, or whose answer it withholds, is an outcome like any other.
   * @param {"session" | "jwt" | "partner" | "blog" | "evil" | "twin"} server @param {string} method @param {string} path
   * @param {import("../api.js").Call} [call] @returns {Promise<Sent>} */
  async send(server, method, path, call = {}) {
    this.#check();
    const before = this.lastId;
    const answer = await callServer(this.origins[server], method, path, call, this.run).catch(nullIfUnreachable);
    const plain = path.split("?", 1)[0];
    const isIt = (/** @type {Exchange} */ exchange) => exchange.id > before && exchange.run === this.run
      && exchange.server === server && pathOf(exchange) === plain;
    const isAnswered = (/** @type {Exchange} */ exchange) => isIt(exchange) && exchange.request.method === method;
    await this.recorded(isAnswered, answer === null ? SETTLE_MS : 5_000);
    const exchanges = this.exchanges.filter(isIt);
    return {
      status: answer?.status ?? 0,
      body: answer?.body ?? {},
      readable: answer !== null,
      exchange: exchanges.find((exchange) => exchange.request.method === method) ?? null,
      preflight: exchanges.find((exchange) => exchange.request.method === "OPTIONS") ?? null,
      exchanges,
    };
  }

  /** Logs in; the tokens of the JWT server are kept in `tokens`.
   * @param {"session" | "jwt"} server @param {string} [username] @param {Record<string, string>} [headers] To send along. */
  async logIn(server, username = "alice", headers = {}) {
    const json = { username, password: this.passwordOf(username) };
    const sent = await this.send(server, "POST", "/login", { json, headers, cookies: true });
    if (server === "jwt" && sent.status === 200) this.tokens = sent.body;
    return sent;
  }

  /** Has a client outside the browser send `GET /me` with a copy of a credential, or present a copied refresh token; with a proof of
   * possession where it has one.
   * @param {"session" | "jwt"} server @param {string} credential @param {{to?: "read" | "refresh", proof?: string}} [how]
   * @returns {Promise<Exchange | null>} */
  async elsewhere(server, credential, how = {}) {
    this.#check();
    const { exchange } = await replay(server, credential, this.run, how);
    await this.recorded((recorded) => recorded.id === exchange, 5_000);
    return this.exchange(exchange);
  }

  /** Has a program, outside the browser, log in and read `/me`; `status` is null where the lab's machine has no such program.
   * @param {{server: "session" | "jwt", tool: "client" | "curl", carry: "nothing" | "cookie" | "header", username?: string}} what */
  async program(what) {
    this.#check();
    const before = this.lastId;
    const ran = await runProgram(what, this.run);
    const isIt = (/** @type {Exchange} */ exchange) => exchange.id > before && exchange.run === this.run && pathOf(exchange) === "/me";
    if (ran.status !== null) await this.recorded(isIt, 5_000);
    return { ...ran, exchanges: this.exchanges.filter((exchange) => exchange.id > before) };
  }

  /** Has the bank's administrator, at another desk, act on a user; the exchange of the act itself.
   * @param {"session" | "jwt"} server @param {"ban" | "readmit" | "promote" | "demote"} act @param {string} [username] @returns {Promise<Exchange | null>} */
  async administrator(server, act, username = "alice") {
    const work = () => administrate({ server, act, username }, this.run);
    return (await this.#outside(work, (exchange) => pathOf(exchange).startsWith("/admin/"))).at(0) ?? null;
  }

  /** Has a program, outside the browser, try passwords and say in `X-Forwarded-For` from where; what was recorded of them, in order.
   * @param {"session" | "jwt"} server @param {{username: string, password: string, from: string}[]} tries At most 40. */
  stranger(server, tries) {
    const isIt = (/** @type {Exchange} */ exchange) => exchange.server === server && pathOf(exchange) === "/login";
    return this.#outside(() => tryPasswords(server, tries, this.run), isIt, tries.length);
  }

  /** Has something done outside the browser, and waits for the exchanges that it led to. @param {() => Promise<unknown>} work
   * @param {(exchange: Exchange) => boolean} isIt @returns {Promise<Exchange[]>} */
  async #outside(work, isIt, count = 1) {
    this.#check();
    const before = this.lastId;
    await work();
    const all = () => this.exchanges.filter((exchange) => exchange.id > before && isIt(exchange));
    await this.recorded(() => all().length >= count, 5_000);
    return all();
  }

  /** Has an origin set cookies, worded as whole `Set-Cookie` lines. They are taken away when the run ends.
   * @param {string} server @param {string[]} lines */
  async setCookies(server, lines) {
    this.#check();
    this.#cookies.set(server, new Set([...this.#cookies.get(server) ?? [], ...lines.map(expired)]));
    await setCookies(this.origins[server], lines, this.run);
  }

  // The lab.

  /** Begins from the settings of the page and with nobody logged in, whatever an earlier run or another page has left. */
  async begin() {
    await this.#logOut(); // Under the settings that the cookies were set by, where those are still in force.
    await this.#apply(this.#base);
    await this.#logOut();
  }

  /** Lays settings over those that the reader has chosen, for this run: the servers that they change restart in place.
   * @param {Record<string, string>} settings */
  async use(settings) {
    this.#check();
    await this.#apply({ ...this.#base, ...settings });
  }

  /** @param {Record<string, string>} settings */
  async #apply(settings) {
    const now = this.#on.lab.current?.settings ?? {};
    if (JSON.stringify(sorted(now)) === JSON.stringify(sorted(settings))) return;
    this.#on.restarting(settings);
    const state = this.#on.lab.take(await changeSettings(settings));
    if (state.settings_version !== this.#version + 1) this.#disturbed = true;
    this.#version = state.settings_version;
    await freshen(this.origins);
  }

  /** Somebody else, in another tab, has reset the lab. */
  disturb() {
    this.#disturbed = true;
  }

  /** Whether somebody else has changed settings, clock or lab since the run began: then nothing observed is a result. */
  async isDisturbed() {
    const state = await this.#on.lab.refresh();
    return this.#disturbed || state.settings_version !== this.#version || state.offset_seconds !== this.#offset;
  }

  /** Restarts a server in place, with the settings that it has: what it kept in memory is gone. @param {"session" | "jwt"} server */
  async restart(server) {
    this.#check();
    this.#on.lab.take(await restartServer(server));
    await freshen(this.origins);
  }

  /** Takes a server away until it is brought back, at the latest when the run ends. @param {"session" | "jwt"} server @param {boolean} away */
  async away(server, away) {
    this.#check();
    if (away) this.#away.add(server);
    await setAway(server, away);
    if (!away) await freshen(this.origins);
  }

  /** Moves the lab's clock by a duration, `15m`, `7d`, until the run ends. @param {string} step */
  async advance(step) {
    this.#check();
    this.#moved = true;
    this.#offset = this.#on.lab.take(await advanceClock(step)).offset_seconds;
  }

  /** Brings the lab's clock back before the run ends: every login ends with it. */
  async backToNow() {
    this.#check();
    this.#offset = this.#on.lab.take(await resetClock()).offset_seconds;
  }

  /** The lab's clock, in milliseconds. */
  get now() {
    return Date.parse(this.#on.lab.current?.now ?? "");
  }

  // Pages of other origins.

  /** Asks the reader to open a page of another origin, which then walks through the steps; resolves when it is done.
   * @param {Step[]} steps */
  async tab(steps) {
    this.#check();
    const { at } = steps[0];
    const plan = encodeURIComponent(JSON.stringify({ run: this.run, steps, next: 0 }));
    const address = `${this.origins[at]}/stage?run=${this.run}#${plan}`;
    const before = this.lastId;
    await this.#unlessStopped(this.#on.askForTab(new URL(this.origins[at]).host, address));
    const isOver = (/** @type {Exchange} */ exchange) =>
      exchange.id > before && exchange.run === this.run && pathOf(exchange) === "/stage/report/over";
    await this.#unlessStopped(this.recorded(isOver, WALK_MS));
    if (!this.exchanges.some(isOver)) throw new Error(`the page of ${new URL(this.origins[at]).host} did not come to its end`);
  }

  /** Asks the reader to open a page, and works while it walks: it waits for this page (the step `wait`), and this page hears of it.
   * @param {Step[]} steps @param {() => Promise<void>} work */
  async tabWhile(steps, work) {
    try {
      await Promise.all([this.tab(steps), work()]);
    } catch (error) {
      this.stop(); // The other half would wait for what does not come.
      throw error;
    }
  }

  /** Tells the pages that wait for it (the step `wait`) that this page is so far. @param {string} at @param {string} label */
  tell(at, label) {
    return this.send(/** @type {any} */ (at), "POST", `/stage/report/${label}`, { text: "{}" });
  }

  /** Waits until a page of another origin has reported under a label.
   * @param {string} label @returns {Promise<Exchange>} */
  async heard(label) {
    const isIt = (/** @type {Exchange} */ exchange) => exchange.run === this.run && pathOf(exchange) === `/stage/report/${label}`;
    await this.#unlessStopped(this.recorded(isIt, READER_MS));
    const report = this.exchanges.find(isIt);
    if (report === undefined) throw new Error(`no page has reported ${label}`);
    return report;
  }

  // Waiting, and putting back.

  /** Ends this part of the run. When the reader has started the browser again and comes back, the script's `resume(bench, state)`
   * goes on with it. @param {unknown} state @returns {never} */
  pause(state) {
    throw new Paused(state);
  }

  /** Waits by the browser's own clock. Only the two-minute rule needs it. @param {number} milliseconds */
  async wait(milliseconds) {
    await this.#unlessStopped(new Promise((resolve) => setTimeout(resolve, milliseconds)));
  }

  /** @template T @param {Promise<T>} work @returns {Promise<T>} */
  #unlessStopped(work) {
    const { signal } = this.#stop;
    return Promise.race([work, new Promise((_, reject) => {
      if (signal.aborted) reject(new Stopped());
      signal.addEventListener("abort", () => reject(new Stopped()), { once: true });
    })]);
  }

  /** Ends the logins that this browser holds in cookies. Under the page's own run: cleaning up is no part of the experiment. */
  async #logOut() {
    for (const origin of [this.origins.session, this.origins.jwt]) {
      await callServer(origin, "POST", "/logout", { json: {}, cookies: true }).catch(() => undefined);
    }
  }

  /** Puts everything back: settings, cookies, clock. Called once, when the run has ended in whatever way. */
  async putBack() {
    for (const server of this.#away) await setAway(server, false).catch(() => undefined);
    await this.#logOut(); // The cookie may have another name once the settings are back.
    await this.#apply(this.#base).catch(() => undefined);
    await this.#logOut();
    for (const [server, lines] of this.#cookies) {
      await setCookies(this.origins[server], [...lines], pageRun).catch(() => undefined);
    }
    if (this.#moved) this.#on.lab.take(await resetClock());
  }
}

/** @param {Record<string, string>} settings */
const sorted = (settings) => Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
