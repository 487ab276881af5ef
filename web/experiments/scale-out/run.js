// @ts-check
/** Logs in at one replica and asks another: under each store, after a kill, without the store, and under a new key. */

import { readsOf } from "/static/js/exchange.js";
import { Replicas } from "/static/js/experiment/replicas.js";
import { keyOf, outcomeOf, whyOf } from "/experiments/scale-out/why.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Sent} Sent */
/** @typedef {"session" | "jwt"} Server */
/** @typedef {{column: string, server: Server}} Arm */
/** @typedef {{arm: Arm, bearer: string | undefined, refresh: string, login: Sent}} Login */
/** @typedef {{mode: import("/static/js/api.js").ReplicasMode, arms: Arm[]}} Pass */

/** @type {Pass[]} */
const PASSES = [
  { mode: { store: "memory", revocation: "none" }, arms: [{ column: "session-memory", server: "session" }] },
  { mode: { store: "sqlite", revocation: "none" }, arms: [{ column: "session-sqlite", server: "session" }] },
  { mode: { store: "redis", revocation: "none" }, arms: [{ column: "session-redis", server: "session" }] },
  { mode: { store: "postgres", revocation: "none" }, arms: [{ column: "session-postgres", server: "session" }, { column: "token-none", server: "jwt" }] },
  { mode: { store: "postgres", revocation: "denylist" }, arms: [{ column: "token-denylist", server: "jwt" }] },
];
const WITHOUT_ENGINE = ["reads", "at-a", "at-b", "b-alone", "a-again"];
const WITH_ENGINE = ["cut", "renewed", "cut-longer", "mended"];
/** A little more than `revocation_staleness`, which is five seconds. */
const TOO_OLD_MS = 6_000;
/** A replica looks once a second whether there is a new key. */
const LOOKS = 8;
const LOOK_MS = 500;

/** @param {Bench} bench */
export async function run(bench) {
  const replicas = await Replicas.of(bench);
  try {
    for (const [at, pass] of PASSES.entries()) {
      const missing = replicas.missing(pass.mode.store);
      bench.doing(bench.say("store", { store: bench.word(`say-${pass.mode.store}`) }), at / (PASSES.length + 1));
      await onePass(bench, replicas, pass, missing);
    }
    await rotate(bench, replicas);
  } finally {
    await replicas.putBack();
  }
}

/** @param {Bench} bench @param {Replicas} replicas @param {Pass} pass @param {string | null} missing Why there is no such engine here. */
async function onePass(bench, replicas, { mode, arms }, missing) {
  const here = missing === null ? arms : arms.filter(({ server }) => server === "jwt");
  const why = bench.say("no-engine", { store: bench.word(`say-${mode.store}`) });
  for (const { column } of arms.filter((arm) => !here.includes(arm))) cannot(bench, column, [...WITHOUT_ENGINE, ...WITH_ENGINE], why);
  if (here.length === 0) return;
  // Tokens can be shown on what is there; only what it is like without the engine cannot.
  await replicas.use(missing === null ? mode : { ...mode, store: "sqlite" });
  /** @type {Login[]} */
  const logins = [];
  for (const arm of here) logins.push(await logIn(bench, arm));
  for (const login of logins) {
    const first = await ask(bench, login, "a", "at-a");
    // In SQLite the list is looked up, where in PostgreSQL it is followed.
    if (missing !== null && mode.revocation === "denylist") cannot(bench, login.arm.column, ["reads"], why);
    else bench.observe(`who/reads/${login.arm.column}`, readsOf(first.exchange), [first.exchange]);
    await ask(bench, login, "b", "at-b");
  }
  await replicas.kill("a");
  for (const login of logins) await ask(bench, login, "b", "b-alone");
  await replicas.restart("a");
  for (const login of logins) await ask(bench, login, "a", "a-again");
  if (missing !== null) for (const { arm } of logins) cannot(bench, arm.column, WITH_ENGINE, why);
  else if (mode.store === "redis" || mode.store === "postgres") await withoutEngine(bench, replicas, logins);
  for (const { arm } of logins) await bench.send(/** @type {any} */ (`${arm.server}-b`), "POST", "/logout", { json: {}, cookies: true });
}

/** @param {Bench} bench @param {Replicas} replicas @param {Login[]} logins */
async function withoutEngine(bench, replicas, logins) {
  await replicas.cut();
  for (const login of logins) {
    await ask(bench, login, "b", "cut");
    await renew(bench, login);
  }
  const tokens = logins.filter(({ arm }) => arm.server === "jwt");
  if (tokens.length > 0) {
    bench.doing(bench.say("waits"));
    await bench.wait(TOO_OLD_MS);
  }
  for (const login of tokens) await ask(bench, login, "b", "cut-longer");
  await replicas.mend();
  for (const login of logins) {
    // The verifiers hear of revocations again within a second, and believe nothing before.
    const answers = (/** @type {Sent} */ { exchange }) => outcomeOf(exchange) !== "unavailable";
    const back = await until(bench, () => bench.send(...whoami(login, "b")), answers);
    note(bench, `who/mended/${login.arm.column}`, back);
  }
}

/** @param {Bench} bench @param {string} column @param {string[]} rows @param {string} why */
function cannot(bench, column, rows, why) {
  for (const row of rows) {
    const skipped = ["session-redis", "session-postgres"].includes(column) && row === "cut-longer";
    if (!skipped) bench.notObservable(`who/${row}/${column}`, why);
  }
}

/** @param {Bench} bench @param {Arm} arm @returns {Promise<Login>} */
async function logIn(bench, arm) {
  const login = await bench.logIn(/** @type {any} */ (`${arm.server}-a`));
  const { access_token: bearer, refresh_token: refresh } = login.body;
  return { arm, bearer: arm.server === "jwt" ? bearer : undefined, refresh: String(refresh ?? ""), login };
}

/** @param {Login} login @param {string} letter @returns {[any, string, string, import("/static/js/api.js").Call]} */
const whoami = ({ arm, bearer }, letter) => [`${arm.server}-${letter}`, "GET", "/whoami", arm.server === "session" ? { cookies: true } : { bearer }];

/** @param {Bench} bench @param {Login} login @param {string} letter @param {string} row */
async function ask(bench, login, letter, row) {
  const sent = await bench.send(...whoami(login, letter));
  note(bench, `who/${row}/${login.arm.column}`, sent);
  return sent;
}

/** @param {Bench} bench @param {string} cell @param {Sent} sent */
function note(bench, cell, { exchange }) {
  if (exchange === null) return;
  const [word, values] = whyOf(exchange);
  bench.observe(cell, outcomeOf(exchange), [exchange], bench.word(`say-${word}`).replace("{step}", values.step ?? ""));
}

/** What there is to be had beside the credential in hand: a new session, or the next tokens. @param {Bench} bench @param {Login} login */
async function renew(bench, { arm, refresh }) {
  const sent = arm.server === "jwt"
    ? await bench.send(/** @type {any} */ ("jwt-b"), "POST", "/token", { form: { grant_type: "refresh_token", refresh_token: refresh } })
    : await bench.send(/** @type {any} */ ("session-b"), "POST", "/login", { json: { username: "bob", password: bench.passwordOf("bob") }, cookies: true });
  bench.observe(`who/renewed/${arm.column}`, outcomeOf(sent.exchange), [sent.exchange], bench.say(arm.server === "jwt" ? "refreshes" : "logs-in"));
}

/** A new key, of which the replicas have to find out by themselves. @param {Bench} bench @param {Replicas} replicas */
async function rotate(bench, replicas) {
  bench.doing(bench.say("rotates"));
  await replicas.use({ store: "sqlite", revocation: "none" });
  const arm = { column: "", server: /** @type {Server} */ ("jwt") };
  const old = await logIn(bench, arm);
  await replicas.rotateKey();
  const next = await until(bench, () => logIn(bench, arm), ({ bearer }) => keyOf(bearer ?? "") !== keyOf(old.bearer ?? ""));
  if (keyOf(next.bearer ?? "") === keyOf(old.bearer ?? "")) return; // It has not found out, and nothing was seen.
  for (const [row, login] of /** @type {[string, Login][]} */ ([["old-token", old], ["new-token", next]])) {
    for (const letter of ["b", "a"]) {
      const { exchange } = await bench.send(...whoami(login, letter));
      bench.observe(`rotation/${row}/token-at-${letter}`, outcomeOf(exchange), [login.login.exchange, exchange], bench.say("key", { kid: keyOf(login.bearer ?? "").slice(0, 6) }));
    }
  }
}

/** Asks again until something holds, and gives up after a while. @template T
 * @param {Bench} bench @param {() => Promise<T>} work @param {(found: T) => boolean} holds */
async function until(bench, work, holds) {
  let found = await work();
  for (let look = 0; look < LOOKS && !holds(found); look += 1) {
    await bench.wait(LOOK_MS);
    found = await work();
  }
  return found;
}
