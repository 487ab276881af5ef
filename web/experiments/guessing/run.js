// @ts-check
/** Guesses a password from a list, shuts its owner out by failing on purpose, and asks the clock which names exist. */

import { median } from "/static/js/experiment/figures/dots.js";
import { jsonObject } from "/static/js/exchange.js";
import { compare } from "/static/js/experiment/ranks.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {Bench["sides"][number]} Side */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {"session" | "jwt"} Server */

/** @type {[Server, "session" | "token"][]} */
const LANES = [["session", "session"], ["jwt", "token"]];
const USER = "alice";
const RIGHT = "white-rabbit-1865";
/** From the lists that circulate: what people choose. The right one stands at the thirtieth place. */
const LIST = [
  "password1", "qwerty123", "iloveyou1", "sunshine1", "princess1", "football1", "charlie123", "superman1", "letmein123", "welcome123",
  "monkey12345", "dragon12345", "baseball1", "trustno1!", "shadow1234", "michael123", "jennifer1", "computer1", "whatever1", "starwars1",
  "mustang1967", "corvette1", "wonderland", "alice-1865", "white-rabbit", "mad-hatter-1", "cheshire-cat", "white-rabbit-1", "white-rabbit-18", RIGHT,
];
/** Of 203.0.113.0/24, 198.51.100.0/24 and 192.0.2.0/24, which are for documentation and belong to nobody (RFC 5737). */
const HOME = "198.51.100.7";
const ELSEWHERE = "192.0.2.8";
const attacker = (/** @type {number} */ guess) => `203.0.113.${guess + 1}`;
/** Logins of each kind that are timed. */
const TIMED = 19;
/** After it, what failed before counts no more. */
const WINDOW = "15m";

/** @param {Bench} bench */
export async function run(bench) {
  for (const side of bench.sides) {
    for (const [server, lane] of LANES) {
      const column = `${lane}-${side.name}`;
      await guess(bench, side, server, column);
      await shutOut(bench, side, server, column);
    }
    await timeNames(bench, side);
  }
}

/** What became of the owner's login. @type {Record<number, string>} */
const OWNER = { 200: "let-in", 429: "shut-out" };

/** What a login came to: 200 in, 401 refused after a look at the password, 429 turned away without one. @param {Exchange | null} exchange */
const statusOf = (exchange) => exchange?.response.status ?? 0;

/** Thirty guesses from one place; then half as many, each of which says that it comes from somewhere else.
 * @param {Bench} bench @param {Side} side @param {Server} server @param {string} column */
async function guess(bench, side, server, column) {
  await bench.use(side.settings);
  for (const row of ["one-place", "many-places"]) {
    await bench.advance(WINDOW);
    const list = row === "one-place" ? LIST : LIST.slice(LIST.length / 2);
    bench.doing(bench.say(row, { column, all: list.length }));
    const tried = row === "one-place"
      ? await fromHere(bench, server, list)
      : await bench.stranger(server, list.map((password, at) => ({ username: USER, password, from: attacker(at) })));
    const looked = tried.filter((exchange) => [200, 401].includes(statusOf(exchange))).length;
    const last = tried.at(-1) ?? null;
    // Found: the last guess, the right one, was let in. Stopped: it was turned away like those before it, unlooked at. Where the
    // first was not looked at either, something else was in the way.
    const whole = tried.length === list.length && statusOf(tried[0]) === 401;
    const outcome = !whole ? null : statusOf(last) === 200 ? "found" : statusOf(last) === 429 ? "stopped" : null;
    const turned = tried.find((exchange) => statusOf(exchange) === 429) ?? null;
    bench.observe(`guesses/${row}/${column}`, outcome, [tried[0], turned, last], bench.say("looked-at", { looked, all: list.length }));
    await bench.send(server, "POST", "/logout", { json: {}, cookies: true });
  }
}

/** By this page itself, one after the other. @param {Bench} bench @param {Server} server @param {string[]} list */
async function fromHere(bench, server, list) {
  const tried = [];
  for (const [at, password] of list.entries()) {
    bench.doing(bench.say("guess", { at: at + 1, all: list.length }), at / list.length);
    const { exchange } = await bench.send(server, "POST", "/login", { json: { username: USER, password }, cookies: true });
    if (exchange !== null) tried.push(exchange);
  }
  return tried;
}

/** The owner logs in at home; an attacker fails on purpose from many places; then the owner comes back, at home and elsewhere.
 * A proxy on this machine is trusted here, so that a program can be in all these places.
 * @param {Bench} bench @param {Side} side @param {Server} server @param {string} column */
async function shutOut(bench, side, server, column) {
  const proxies = JSON.stringify(["127.0.0.0/8", "::1/128"]);
  await bench.use({ ...side.settings, "session.http.trusted_proxies": proxies, "jwt.http.trusted_proxies": proxies });
  await bench.advance(WINDOW);
  const owner = (/** @type {string} */ from) => ({ username: USER, password: RIGHT, from });
  const wrong = LIST.slice(0, 12).map((password, at) => ({ username: USER, password, from: attacker(at) }));
  bench.doing(bench.say("locking", { column }));
  const tried = await bench.stranger(server, [owner(HOME), ...wrong, owner(HOME), owner(ELSEWHERE)]);
  if (tried.length !== wrong.length + 3) return;
  const [before, failed] = [tried[0], tried[wrong.length]];
  const attacked = [401, 429].includes(statusOf(failed)) && statusOf(before) === 200;
  for (const [row, came] of /** @type {[string, Exchange][]} */ ([["at-home", tried[wrong.length + 1]], ["elsewhere", tried[wrong.length + 2]]])) {
    bench.observe(`owner/${row}/${column}`, attacked ? OWNER[statusOf(came)] ?? null : null, [before, failed, came]);
  }
}

/** The same wrong password for a name that exists and for one that does not, in turn, so that whatever else the machine does
 * meets both. Nothing is counted meanwhile: a login that is turned away takes no time to speak of, whoever it is for.
 * @param {Bench} bench @param {Side} side */
async function timeNames(bench, side) {
  await bench.use({ ...side.settings, "session.login.dangerously_unthrottled": "true", "jwt.login.dangerously_unthrottled": "true" });
  const groups = [];
  for (const [server, lane] of LANES) {
    const column = `${lane}-${side.name}`;
    bench.doing(bench.say("timing", { column, all: 2 * TIMED }));
    // One of each first: a server that has just been restarted has to warm up.
    const names = [USER, "nobody", ...Array.from({ length: TIMED }, (_, at) => (at % 2 === 0 ? [USER, `nobody-${at}`] : [`nobody-${at}`, USER])).flat()];
    const tried = await bench.stranger(server, names.map((username) => ({ username, password: "not-it-at-all", from: ELSEWHERE })));
    /** @type {Record<"somebody" | "nobody", Exchange[]>} */
    const timed = { somebody: [], nobody: [] };
    for (const exchange of tried.slice(2)) timed[jsonObject(exchange.request.body)?.username === USER ? "somebody" : "nobody"].push(exchange);
    observeNames(bench, column, timed);
    for (const who of /** @type {const} */ (["somebody", "nobody"])) {
      groups.push({ label: bench.say(who, { lane }), lane, hollow: who === "nobody", values: timed[who].map(milliseconds) });
    }
    bench.figure(`times-${side.name}`, { groups });
  }
}

const milliseconds = (/** @type {Exchange} */ exchange) => exchange.duration_us / 1000;

/** @param {Bench} bench @param {string} column @param {Record<"somebody" | "nobody", Exchange[]>} timed */
function observeNames(bench, column, { somebody, nobody }) {
  const all = [...somebody, ...nobody];
  const told = [somebody.at(-1) ?? null, nobody.at(-1) ?? null];
  // A login that met trouble, was turned away unlooked at, or is not in the record says nothing about names.
  const isRefused = (/** @type {Exchange} */ exchange) => statusOf(exchange) >= 400 && statusOf(exchange) < 500 && statusOf(exchange) !== 429;
  const whole = somebody.length === TIMED && nobody.length === TIMED && all.every(isRefused);
  const alike = (/** @type {(exchange: Exchange) => unknown} */ what) =>
    (!whole ? null : new Set(all.map(what)).size === 1 ? "same" : "different");
  bench.observe(`names/status/${column}`, alike(statusOf), told);
  bench.observe(`names/body/${column}`, alike((exchange) => exchange.response.body), told);
  if (!whole) return;
  const [one, other] = [somebody.map(milliseconds), nobody.map(milliseconds)];
  const { apart, p } = compare(one, other);
  const note = bench.say("medians", { somebody: median(one).toFixed(1), nobody: median(other).toFixed(1), p: p < 0.001 ? "< 0.001" : p.toFixed(3) });
  bench.observe(`names/time/${column}`, apart ? "different" : "same", told, note);
}
