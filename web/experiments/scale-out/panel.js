// @ts-check
/**
 * The replicas as a live table: what this browser holds, who answers to it and why, and what can be killed.
 *
 * A cell shows the last answer that was recorded, whoever has asked: the buttons here, or a run.
 */

import { callServer, fetchReplicas, nullIfUnreachable, orderReplicas } from "/static/js/api.js";
import { html } from "/static/js/dom.js";
import { LabChanged } from "/static/js/events.js";
import { jsonObject, pathOf } from "/static/js/exchange.js";
import { meetAgain } from "/static/js/experiment/replicas.js";
import { failure } from "/static/js/outcome.js";
import { ExchangeAdded } from "/static/js/record.js";
import { button, choice, segmented } from "/experiments/scale-out/controls.js";
import { keyOf, outcomeOf, whyOf } from "/experiments/scale-out/why.js";

/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {import("/static/js/api.js").ReplicasState} State */
/** @typedef {import("/static/js/api.js").ReplicasOrder} Order */
/** @typedef {"session" | "jwt"} Server */
/** @typedef {(id: string, values?: Record<string, string | number>) => string} Tell */
/**
 * @typedef {object} On What the page of an experiment gives a panel.
 * @property {import("/static/js/lab-state.js").LabState} lab
 * @property {import("/static/js/record.js").ExchangeRecord} record
 * @property {import("/static/js/events.js").LabEvents} events
 * @property {Tell} tell @property {(line: string) => void} announce @property {() => boolean} isRunning
 */

const ROWS = /** @type {const} */ (["session", "jwt"]);
const CELL = /^(session|jwt)-([a-z])$/;
/** After the store was cut or mended it is asked again, until all have noticed. */
const AGAIN_MS = 2_000;
const TIMES = 4;

/** @param {HTMLElement} place @param {On} on */
export function show(place, on) {
  void new Panel(place, on).begin();
}

class Panel {
  #place;
  #on;
  /** @type {State | null} */
  #state = null;
  /** The last answer of each replica, by its name. @type {Map<string, Exchange>} */
  #answers = new Map();
  /** The token of the last login; the cookie is the browser's. @type {string | null} */
  #token = null;
  #busy = false;
  #timer = 0;

  /** @param {HTMLElement} place @param {On} on */
  constructor(place, on) {
    this.#place = place;
    this.#on = on;
  }

  async begin() {
    this.#state = await fetchReplicas();
    this.#draw();
    this.#on.record.addEventListener("added", (event) => event instanceof ExchangeAdded && this.#hear(event.exchange));
    this.#on.events.addEventListener("changed", (event) => {
      if (event instanceof LabChanged && ["replicas", "reset", "clock", "reconnected", "visible"].includes(event.reason)) void this.#look(event.reason === "reconnected");
    });
    new MutationObserver(() => this.#draw()).observe(this.#main, { attributeFilter: ["data-state"] });
  }

  get #main() {
    return /** @type {HTMLElement} */ (this.#place.closest("main"));
  }

  /** Takes in what a replica has recorded. @param {Exchange} exchange */
  #hear(exchange) {
    const [, server] = CELL.exec(exchange.server) ?? [];
    if (server === undefined || exchange.elsewhere) return;
    const asked = `${exchange.request.method} ${pathOf(exchange)}`;
    const done = exchange.response.status < 300;
    if (asked === "POST /login" && done) this.#hold(/** @type {Server} */ (server), exchange);
    else if (asked === "POST /logout" && done && server === "session") this.#hold(server, null);
    else if (asked === "GET /whoami") this.#answers.set(exchange.server, exchange);
    else return;
    this.#draw();
  }

  /** Another credential, of which nobody has been asked yet. A token stays when its login ends, to see who still believes it.
   * @param {Server} server @param {Exchange | null} login */
  #hold(server, login) {
    if (server === "jwt") this.#token = String(jsonObject(login?.response.body ?? null)?.access_token ?? "");
    for (const name of this.#answers.keys()) if (name.startsWith(server)) this.#answers.delete(name);
  }

  /** Asks how the replicas are; one that is another process now has not been asked yet.
   * @param {boolean} [anew] Whether the lab may have been started again, and counts from the beginning. */
  async #look(anew = false) {
    const state = await fetchReplicas().catch(() => null);
    // An answer that was overtaken by a later one is no news.
    if (state !== null && (anew || state.version >= (this.#state?.version ?? 0))) this.#take(state);
  }

  /** @param {State} state */
  #take(state) {
    const pids = new Map(this.#state?.replicas.map(({ name, pid }) => [name, pid]));
    for (const { name, pid } of state.replicas) if (pids.get(name) !== pid) this.#answers.delete(name);
    this.#state = state;
    this.#draw();
  }

  // What the buttons do.

  /** One thing at a time, and then everybody is asked. @param {() => Promise<unknown>} work @param {boolean} [watches] Whether it takes a while to be noticed. */
  async #do(work, watches = false) {
    if (this.#busy || this.#on.isRunning()) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.does : undefined;
    this.#draw();
    this.#on.announce(this.#on.tell("busy"));
    try {
      await work();
      await this.#askAll();
    } catch (error) {
      this.#on.announce(this.#on.tell("failed", { reason: failure(error) }));
    }
    this.#busy = false;
    this.#draw();
    if (focused !== undefined) this.#focus(focused);
    if (watches) this.#askAgain(TIMES);
  }

  /** The table is drawn anew, so the button that was pressed is another element now. @param {string} does */
  #focus(does) {
    const same = /** @type {HTMLElement | null} */ (this.#place.querySelector(`[data-does="${does}"]:not([disabled])`));
    same?.focus();
  }

  /** @param {Order} order @param {boolean} [watches] */
  #order(order, watches = false) {
    return this.#do(async () => {
      const state = await orderReplicas(order);
      this.#take(state);
      await meetAgain(state);
    }, watches);
  }

  /** @param {number} times */
  #askAgain(times) {
    if (times === 0) return;
    this.#timer = setTimeout(async () => {
      if (this.#busy || this.#on.isRunning()) return;
      await this.#askAll().catch(() => undefined);
      this.#askAgain(times - 1);
    }, AGAIN_MS);
  }

  async #askAll() {
    const living = this.#state?.replicas.filter(({ pid }) => pid !== null) ?? [];
    await Promise.all(living.map(({ server, origin }) => {
      const bearer = this.#token ?? undefined;
      if (server === "jwt" && bearer === undefined) return null;
      return callServer(origin, "GET", "/whoami", server === "session" ? { cookies: true } : { bearer }).catch(nullIfUnreachable);
    }));
    await this.#on.events.catchUp();
    const all = this.#state?.replicas.length ?? 0;
    const known = this.#state?.replicas.filter(({ name }) => this.#outcome(name) === "known").length ?? 0;
    this.#on.announce(this.#on.tell("answers", { known, all }));
  }

  /** @param {string} letter */
  #logIn(letter) {
    return this.#do(async () => {
      const { username, password } = this.#on.lab.current?.users[0] ?? { username: "", password: "" };
      for (const { origin } of this.#state?.replicas.filter((replica) => replica.letter === letter) ?? []) {
        await callServer(origin, "POST", "/login", { json: { username, password }, cookies: true }).catch(nullIfUnreachable);
      }
      await this.#on.events.catchUp();
    });
  }

  /** Ends both logins at a replica. The cookie goes; the token is kept here, to see who still believes it. @param {string} letter */
  #logOut(letter) {
    return this.#do(async () => {
      for (const { server, origin } of this.#state?.replicas.filter((replica) => replica.letter === letter) ?? []) {
        const bearer = server === "jwt" ? this.#token ?? undefined : undefined;
        if (server === "session" || bearer !== undefined) await callServer(origin, "POST", "/logout", { json: {}, bearer, cookies: server === "session" }).catch(nullIfUnreachable);
      }
    });
  }

  // What is seen.

  /** @param {string} name @returns {"known" | "unknown" | "unavailable" | "dead" | null} */
  #outcome(name) {
    if (this.#state?.replicas.find((replica) => replica.name === name)?.pid === null) return "dead";
    return outcomeOf(this.#answers.get(name) ?? null);
  }

  get #letters() {
    return [...new Set(this.#state?.replicas.map(({ letter }) => letter))];
  }

  #draw() {
    const state = this.#state;
    if (state === null) return;
    const { tell } = this.#on;
    const running = this.#on.isRunning();
    this.#place.classList.toggle("busy", this.#busy || running);
    const letters = this.#letters;
    const table = html("table", { class: "replicas", role: "table", "aria-labelledby": "panel-title" },
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, tell("holds")), ...letters.map((letter) => this.#machine(state, letter)))),
      html("tbody", {}, ...ROWS.map((server) => this.#row(state, server, letters))),
      html("tfoot", {}, this.#store(state, letters.length), this.#keys(letters.length)));
    const open = this.#place.querySelector("details")?.open ?? false;
    const commands = state.replicas.map(({ command }) => html("code", {}, command));
    const focused = document.activeElement instanceof HTMLElement && this.#place.contains(document.activeElement) ? document.activeElement.dataset.does : undefined;
    this.#place.replaceChildren(html("section", { class: "panel", "aria-labelledby": "panel-title" },
      html("h2", { id: "panel-title" }, tell("panel")),
      html("p", { class: "panel-lead" }, running ? tell("while-running") : tell("panel-lead")),
      this.#choices(state), table,
      html("details", { class: "commands", open }, html("summary", {}, tell("commands")), ...commands)));
    if (focused !== undefined) this.#focus(focused);
  }

  /** @param {string} does @param {string} label @param {() => unknown} act @param {{disabled?: boolean, name?: string, primary?: boolean}} [more] */
  #button(does, label, act, { disabled = false, name, primary = false } = {}) {
    return button(does, label, act, { disabled: disabled || this.#busy || this.#on.isRunning(), name, primary });
  }

  /** @param {State} state */
  #choices({ mode, stores, replicas }) {
    const { tell } = this.#on;
    const still = this.#busy || this.#on.isRunning();
    const use = (/** @type {Partial<State["mode"]>} */ change) => void this.#order({ act: "use", mode: { ...mode, ...change } });
    const first = replicas.find(({ pid }) => pid !== null)?.letter ?? "a";
    return html("div", { class: "choices" },
      segmented(tell("choose-store"), "store", stores.map(({ store, missing }) => choice(store, tell(`choice-${store}`), missing)), mode.store, still,
        (store) => use({ store: /** @type {any} */ (store) })),
      segmented(tell("choose-revocation"), "revocation", ["none", "denylist"].map((value) => choice(value, tell(`choice-${value}`), null)), mode.revocation, still,
        (revocation) => use({ revocation })),
      html("div", { class: "acts" },
        this.#button("log-in", tell("log-in", { letter: first.toUpperCase() }), () => this.#logIn(first), { primary: true }),
        this.#button("log-out", tell("log-out", { letter: first.toUpperCase() }), () => this.#logOut(first)),
        this.#button("ask", tell("ask"), () => this.#do(async () => undefined)),
        this.#button("put-back", tell("put-back"), () => this.#order({ act: "put_back" }))));
  }

  /** The head of a column: two processes. @param {State} state @param {string} letter */
  #machine(state, letter) {
    const { tell } = this.#on;
    const name = letter.toUpperCase();
    const [session, jwt] = ROWS.map((server) => state.replicas.find((replica) => replica.server === server && replica.letter === letter)?.pid ?? null);
    const dead = session === null && jwt === null;
    const pids = tell("pids", { session: session ?? tell("dead"), jwt: jwt ?? tell("dead") });
    return html("th", { scope: "col", class: dead ? "dead" : null },
      html("span", { class: "letter", "aria-label": tell("replica", { letter: name }) }, name),
      html("span", { class: "pids" }, pids),
      html("span", { class: "acts" },
        this.#button(`kill-${letter}`, tell("kill"), () => this.#order({ act: "kill", letter }, true), { disabled: dead, name: tell("kill-named", { letter: name }) }),
        this.#button(`restart-${letter}`, tell("restart"), () => this.#order({ act: "restart", letter }, true), { name: tell("restart-named", { letter: name }) })));
  }

  /** @param {State} state @param {Server} server @param {string[]} letters */
  #row({ mode }, server, letters) {
    const { tell } = this.#on;
    const token = this.#token;
    const about = server === "session" ? tell("one-jar") : token === null ? tell("no-token") : tell("signed-by", { kid: keyOf(token).slice(0, 6) });
    const kept = server === "session" ? tell(mode.store) : "";
    return html("tr", { class: server === "session" ? "session" : "token" },
      html("th", { scope: "row" }, tell(server === "session" ? "holds-session" : "holds-token"),
        html("small", {}, [about, kept].filter((part) => part !== "").join(" · "))),
      ...letters.map((letter) => this.#cell(`${server}-${letter}`, letter)));
  }

  /** @param {string} name @param {string} letter */
  #cell(name, letter) {
    const { tell } = this.#on;
    const outcome = this.#outcome(name);
    const exchange = this.#answers.get(name);
    const data = { "data-replica": name, "data-outcome": outcome ?? "not-asked", "data-letter": letter.toUpperCase() };
    if (outcome === null) return html("td", data, html("span", { class: "pending" }, tell("not-asked")));
    const who = String(jsonObject(exchange?.response.body ?? null)?.username ?? "");
    const [word, values] = outcome === "dead" || exchange === undefined ? ["why-refused", {}] : whyOf(exchange);
    return html("td", data,
      html("strong", {}, html("span", { class: "sign", "aria-hidden": "true" }), tell(`cell-${outcome}`, { name: who })),
      html("small", {}, tell(word, values)));
  }

  /** @param {State} state @param {number} span */
  #store({ mode, is_cut }, span) {
    const { tell } = this.#on;
    const engine = mode.store === "redis" || mode.store === "postgres";
    const act = is_cut ? this.#button("mend", tell("mend"), () => this.#order({ act: "mend_store" }, true))
      : this.#button("cut", tell("cut"), () => this.#order({ act: "cut_store" }, true), { disabled: !engine });
    const status = engine ? html("b", { class: is_cut ? "gone" : "runs" }, tell(is_cut ? "store-is-cut" : "store-runs")) : null;
    return html("tr", { "data-cut": String(is_cut) },
      html("th", { scope: "row" }, tell("shared")),
      html("td", { colspan: span }, html("span", { class: "thing" }, html("span", {}, tell(`store-${mode.store}`)), status, act)));
  }

  /** @param {number} span */
  #keys(span) {
    const { tell } = this.#on;
    return html("tr", {},
      html("th", { scope: "row" }, tell("keys")),
      html("td", { colspan: span }, html("span", { class: "thing" }, html("span", {}, tell("keys-are")),
        this.#button("rotate", tell("rotate"), () => this.#order({ act: "rotate_key" })))));
  }
}
