// @ts-check
/** Sends three requests under six policies, and reads from the record whether each arrived and what the bank did for it, from the
 * script what it may read, and from the ledger what was booked. */

import { pathOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Sent} Sent */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** @type {[column: string, policy: string][]} */
const POLICIES = [
  ["none", "none"],
  ["any", "dangerously-any"],
  ["list-without-credentials", "allow-list-without-credentials"],
  ["list", "allow-list"],
  ["other-list", "allow-list"],
  ["reflect", "dangerously-reflect"],
];

/** @param {Bench} bench */
export async function run(bench) {
  await bench.logIn("session");
  await bench.logIn("jwt");
  /** @type {Record<string, Exchange[]>} By policy, what came of the POST. */
  const posts = {};
  for (const [at, [column, policy]] of POLICIES.entries()) {
    bench.doing(bench.say("policy", { policy }), at / (POLICIES.length + 3));
    await bench.use(settings(bench, policy, column === "other-list"));
    // Preflights are cached by address, so each policy gets addresses of its own.
    const sent = await three(bench, column);
    for (const [row, { readable, exchange, preflight, exchanges }] of Object.entries(sent)) {
      // Where nothing at all was recorded, not even a question, nothing was observed.
      if (exchange === null && preflight === null) continue;
      bench.observe(`happens/${row}/${column}`, outcomeOf(exchange, readable), exchanges, onTheWire([preflight, exchange]));
    }
    posts[column] = sent["json-post"].exchanges;
    if (column === "list") await whoIsAsked(bench, sent);
  }
  await whatWasBooked(bench, posts);
  await whatAStrangerReads(bench);
}

/** @param {Exchange | null} exchange @param {boolean} readable Whether the script could read the answer. */
function outcomeOf(exchange, readable) {
  if (exchange === null) return "never-sent";
  if (exchange.response.status >= 400) return "turned-away";
  return readable ? "read" : "served-unread";
}

/** What the bank saw and answered. @param {(Exchange | null)[]} exchanges */
const onTheWire = (exchanges) =>
  exchanges.flatMap((exchange) => (exchange === null ? [] : [`${exchange.request.method}\u00a0${exchange.response.status}`])).join(" · ");

/** @param {Bench} bench @param {string} policy @param {boolean} another Whether only another origin is listed. */
function settings(bench, policy, another) {
  const origins = `["${bench.origins.partner}"]`;
  return Object.fromEntries(["session", "jwt"].flatMap((server) => [
    [`${server}.http.cors`, policy],
    ...(another ? [[`${server}.http.allowed_origins`, origins]] : []),
  ]));
}

/** The note of the transfer that is sent under a policy. @param {Bench} bench @param {string} column */
const noteOf = (bench, column) => `${bench.run} ${column}`;

/** @param {Bench} bench @param {string} column @returns {Promise<Record<string, Sent>>} */
async function three(bench, column) {
  const json = { to: "bob", amount_minor: 1, idempotency_key: `${bench.run}-${column}`, note: noteOf(bench, column) };
  return {
    "cookie-get": await bench.send("session", "GET", `/me?policy=${column}`, { cookies: true }),
    "json-post": await bench.send("session", "POST", `/transfers?policy=${column}`, { cookies: true, json }),
    "bearer-get": await bench.send("jwt", "GET", `/me?policy=${column}`, { bearer: bench.tokens.access_token, cache: "default" }),
  };
}

/** @param {Bench} bench @param {Record<string, Sent>} sent */
async function whoIsAsked(bench, sent) {
  const bearer = bench.tokens.access_token;
  const all = {
    ...sent,
    "bearer-again": await bench.send("jwt", "GET", "/me?policy=list", { bearer, cache: "default" }),
    "bearer-elsewhere": await bench.send("jwt", "GET", "/whoami?policy=list", { bearer, cache: "default" }),
  };
  for (const [row, { preflight, exchange }] of Object.entries(all)) {
    // A request that did not arrive says nothing of what came before it.
    if (exchange === null && preflight === null) continue;
    bench.observe(`preflight/${row}/before`, preflight !== null ? "asked" : "not-asked", [preflight, exchange]);
  }
}

/** Asks the ledger itself: a status alone could promise too much. @param {Bench} bench @param {Record<string, Exchange[]>} posts */
async function whatWasBooked(bench, posts) {
  await bench.use({});
  const list = await bench.send("session", "GET", "/transfers", { cookies: true });
  if (list.status !== 200) return;
  const notes = new Set(list.body.transfers.map((/** @type {{note: string}} */ { note }) => note));
  for (const [column, exchanges] of Object.entries(posts)) {
    const outcome = notes.has(noteOf(bench, column)) ? "booked" : "not-booked";
    bench.observe(`ledger/json-post/${column}`, outcome, [...exchanges, list.exchange]);
  }
}

/** @param {Bench} bench */
async function whatAStrangerReads(bench) {
  for (const column of ["list", "reflect"]) {
    const policy = column === "list" ? "allow-list" : "dangerously-reflect";
    bench.doing(bench.say("stranger", { policy }));
    await bench.use(settings(bench, policy, false));
    const label = `stranger-${column}`;
    const path = `/me?policy=${label}`;
    await bench.tab([{ at: "blog", do: "fetch", to: "session", path, label, options: { credentials: "include" } }]);
    const exchange = bench.exchanges.find((exchange) => pathOf(exchange) === "/me" && exchange.request.target.includes(label)) ?? null;
    const readable = bench.reported(label)?.outcome === "read";
    bench.observe(`stranger/cookie-get/${column}`, outcomeOf(exchange, readable), [exchange], onTheWire([exchange]));
  }
}
