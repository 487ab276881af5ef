// @ts-check
/** Copies a credential, ends the login in four ways, and shows the copy again: by session, and by token under four ways of taking it back. */

import { admission, cookieSetBy, readsOf } from "/static/js/exchange.js";
import { decodeUnverified } from "/static/js/jwt.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {{column: string, server: "session" | "jwt", revocation: string | null}} Arm */
/** @typedef {{copy: string, isGood: boolean, bearer: string | undefined, refresh: string | undefined, id: number}} Login */

/** How many requests are weighed: one alone may meet a busy machine. */
const SAMPLES = 15;
const NEW_PASSWORD = "off-with-their-heads";
/** @type {Record<string, Arm[]>} The arms of each side of the switch. */
const ARMS = {
  broken: [{ column: "token-none", server: "jwt", revocation: "none" }],
  sound: [
    { column: "session", server: "session", revocation: null },
    { column: "token-denylist", server: "jwt", revocation: "denylist" },
    { column: "token-not-before", server: "jwt", revocation: "not-before" },
    { column: "token-key-rotation", server: "jwt", revocation: "dangerously-key-rotation" },
  ],
};

/** @param {Bench} bench */
export async function run(bench) {
  const arms = bench.sides.flatMap(({ name }) => ARMS[name]);
  for (const [at, arm] of arms.entries()) {
    bench.doing(bench.say("arm", { arm: bench.word(arm.column) }), at / arms.length);
    await bench.use(arm.revocation === null ? {} : { "jwt.revocation": arm.revocation });
    await loggedOut(bench, arm);
    await banned(bench, arm);
    await passwordChanged(bench, arm);
    await demoted(bench, arm);
    await whoElse(bench, arm);
  }
  for (const arm of arms.filter(({ column }) => column === "session" || column === "token-none")) await meanwhile(bench, arm);
}

/** @param {Bench} bench @param {Arm} arm @returns {Promise<Login>} */
async function logIn(bench, { server }, username = "alice") {
  const { body, exchange } = await bench.logIn(server, username);
  const bearer = server === "jwt" ? body.access_token : undefined;
  const me = await bench.send(server, "GET", "/me", { cookies: true, bearer });
  const copy = bearer ?? cookieSetBy(exchange);
  const isGood = copy !== "" && admission(await bench.elsewhere(server, copy)) === "accepted";
  return { copy, isGood, bearer, refresh: body.refresh_token, id: me.body.id };
}

/** @param {Bench} bench @param {Arm} arm @param {Login} login */
const logOut = (bench, { server }, { refresh }) =>
  bench.send(server, "POST", "/logout", { cookies: true, json: refresh === undefined ? {} : { refresh_token: refresh } });

/** Shows the copy after an event that has happened for certain; before it, the copy was good.
 * @param {Bench} bench @param {string} row @param {Arm} arm @param {Login} login @param {Exchange | null} event */
async function showCopy(bench, row, arm, login, event) {
  if (!login.isGood || admission(event) !== "accepted") return;
  const copy = await bench.elsewhere(arm.server, login.copy);
  bench.observe(`copy/${row}/${arm.column}`, admission(copy), [event, copy]);
}

/** @param {Bench} bench @param {Arm} arm */
async function loggedOut(bench, arm) {
  const login = await logIn(bench, arm);
  const out = await logOut(bench, arm, login);
  await showCopy(bench, "logged-out", arm, login, out.exchange);
}

/** @param {Bench} bench @param {Arm} arm */
async function banned(bench, arm) {
  const login = await logIn(bench, arm);
  const ban = await bench.administrator(arm.server, "ban");
  await showCopy(bench, "banned", arm, login, ban);
  await bench.administrator(arm.server, "readmit");
}

/** @param {Bench} bench @param {Arm} arm */
async function passwordChanged(bench, arm) {
  const login = await logIn(bench, arm);
  const old = bench.passwordOf("alice");
  const change = (/** @type {string} */ current_password, /** @type {string} */ new_password, /** @type {string | undefined} */ bearer) =>
    bench.send(arm.server, "POST", "/password", { cookies: true, bearer, json: { current_password, new_password } });
  const changed = await change(old, NEW_PASSWORD, login.bearer);
  try {
    await showCopy(bench, "password-changed", arm, login, changed.exchange);
  } finally {
    // Back to the password that is printed at the start, with a login under the new one.
    const again = await bench.send(arm.server, "POST", "/login", { cookies: true, json: { username: "alice", password: NEW_PASSWORD } });
    if (again.status === 200) await change(NEW_PASSWORD, old, again.body.access_token);
  }
}

/** What an administrator's credential is worth once its owner is none any more. @param {Bench} bench @param {Arm} arm */
async function demoted(bench, arm) {
  await bench.administrator(arm.server, "promote");
  const login = await logIn(bench, arm);
  const act = () => bench.send(arm.server, "POST", `/admin/users/${login.id}/ban`, { cookies: true, bearer: login.bearer, json: { banned: false } });
  const before = await act();
  const demotion = await bench.administrator(arm.server, "demote");
  const after = await act();
  const counts = admission(before.exchange) === "accepted" && admission(demotion) === "accepted";
  bench.observe(`copy/demoted/${arm.column}`, counts ? admission(after.exchange) : null, [before.exchange, demotion, after.exchange]);
  await logOut(bench, arm, login);
}

/** What a request costs, and who else is hit when this login ends. @param {Bench} bench @param {Arm} arm */
async function whoElse(bench, arm) {
  const login = await logIn(bench, arm);
  const asked = [];
  for (let at = 0; at < SAMPLES; at += 1) asked.push((await bench.send(arm.server, "GET", "/me", { cookies: true, bearer: login.bearer })).exchange);
  const costs = asked.filter((exchange) => exchange !== null && admission(exchange) === "accepted").map(microseconds).sort((a, b) => a - b);
  const reads = new Set(asked.map(readsOf));
  const note = costs.length === 0 ? null : bench.say("microseconds", { us: costs[costs.length >> 1], count: costs.length });
  bench.observe(`price/reads/${arm.column}`, costs.length === SAMPLES && reads.size === 1 ? readsOf(asked[0]) : null, asked, note);
  const carry = arm.server === "jwt" ? "header" : "cookie";
  const copies = { "other-device": await elsewhere(bench, arm, carry, "alice"), "other-user": await elsewhere(bench, arm, carry, "bob") };
  const out = await logOut(bench, arm, login);
  for (const [row, copy] of Object.entries(copies)) {
    const shown = copy === "" || admission(out.exchange) !== "accepted" ? null : await bench.elsewhere(arm.server, copy);
    bench.observe(`price/${row}/${arm.column}`, admission(shown), [out.exchange, shown]);
  }
}

/** The credential of a login from another device. @param {Bench} bench @param {Arm} arm @param {"header" | "cookie"} carry @param {string} username */
async function elsewhere(bench, { server }, carry, username) {
  const { exchanges } = await bench.program({ server, tool: "client", carry, username });
  const login = exchanges.find((exchange) => exchange.request.target.startsWith("/login")) ?? null;
  if (server === "session") return cookieSetBy(login);
  return String(JSON.parse(login?.response.body ?? "{}").access_token ?? "");
}

/** The copy on the clock. @param {Bench} bench @param {Arm} arm */
async function meanwhile(bench, arm) {
  await bench.use(arm.revocation === null ? {} : { "jwt.revocation": arm.revocation });
  const login = await logIn(bench, arm);
  const out = await logOut(bench, arm, login);
  if (!login.isGood || admission(out.exchange) !== "accepted") return;
  for (const [row, wait] of [["at-once", null], ["after-14-minutes", "14m"], ["after-15-minutes", "1m"]]) {
    if (wait !== null) await bench.advance(wait);
    const copy = await bench.elsewhere(arm.server, login.copy);
    bench.observe(`meanwhile/${row}/${arm.column}`, admission(copy), [out.exchange, copy]);
  }
  const { exp } = claims(login.copy);
  if (exp !== null) bench.figure("life", { loggedOut: Date.parse(out.exchange?.at ?? ""), expires: exp * 1000 });
}

/** @param {string} token @returns {{exp: number | null}} */
function claims(token) {
  const decoded = decodeUnverified(token);
  return { exp: typeof decoded?.claims.exp === "number" ? decoded.claims.exp : null };
}

/** What it took to know who asks. @param {Exchange | null} exchange */
const microseconds = (exchange) => (exchange?.steps ?? []).filter(({ phase }) => phase === "authentication").reduce((sum, { duration_us }) => sum + duration_us, 0);
