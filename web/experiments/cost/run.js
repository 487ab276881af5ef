// @ts-check
/** Sends the same read to both servers, in turn, and compares what the servers' own clocks say of each. */

import { readsOf } from "/static/js/exchange.js";
import { median } from "/static/js/experiment/figures/dots.js";
import { compare } from "/static/js/experiment/ranks.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {"session" | "token"} Lane */
/** @typedef {Record<Lane, Exchange[]>} Read */

/** @type {readonly Lane[]} */
const LANES = ["session", "token"];
const PATHS = ["whoami", "me"];
/** Reads of each kind that are compared, and those before that warm up. */
const COUNTED = 30;
const WARM_UP = 3;

/** @type {Record<string, (exchange: Exchange) => number>} In microseconds. */
const TIMES = {
  authentication: ({ steps }) => steps.filter(({ phase }) => phase === "authentication").reduce((sum, { duration_us }) => sum + duration_us, 0),
  whole: ({ duration_us }) => duration_us,
};

/** @param {Bench} bench */
export async function run(bench) {
  await bench.logIn("session");
  await bench.logIn("jwt");
  /** @type {Record<string, Read>} */
  const reads = {};
  for (const [at, path] of PATHS.entries()) {
    reads[path] = await readInTurn(bench, path, at);
    if (LANES.some((lane) => reads[path][lane].length < COUNTED)) return; // Something else was in the way; nothing is said.
    if (path === "whoami") weigh(bench, reads[path]);
    for (const what of Object.keys(TIMES)) {
      compareLanes(bench, path, what, reads[path]);
      draw(bench, what, reads);
    }
  }
}

/** One request at a time, first to one server and then to the other, so that whatever else the machine does meets both.
 * @param {Bench} bench @param {string} path @param {number} at @returns {Promise<Read>} */
async function readInTurn(bench, path, at) {
  /** @type {Read} */
  const read = { session: [], token: [] };
  for (let turn = 0; turn < WARM_UP + COUNTED; turn += 1) {
    bench.doing(bench.say("reading", { path, at: turn + 1, all: WARM_UP + COUNTED }), (at + turn / (WARM_UP + COUNTED)) / PATHS.length);
    for (const lane of turn % 2 === 0 ? LANES : [...LANES].reverse()) {
      const call = lane === "session" ? { cookies: true } : { bearer: bench.tokens.access_token };
      const { exchange } = await bench.send(lane === "session" ? "session" : "jwt", "GET", `/${path}`, call);
      if (turn >= WARM_UP && exchange?.response.status === 200) read[lane].push(exchange);
    }
  }
  return read;
}

/** What does not depend on the machine: look-ups, and bytes. @param {Bench} bench @param {Read} read */
function weigh(bench, read) {
  const [session, token] = LANES.map((lane) => total(read[lane][0]));
  for (const lane of LANES) {
    const all = read[lane];
    const looked = new Set(all.map(readsOf));
    bench.observe(`work/reads/${lane}`, looked.size === 1 ? readsOf(all[0]) : null, [all[0]]);
    const { request, response } = all[0];
    const note = bench.say("bytes", { out: bytes(request), back: bytes(response) });
    const outcome = session === token ? null : total(all[0]) === Math.max(session, token) ? "more" : "fewer";
    bench.observe(`work/bytes/${lane}`, outcome, [all[0]], note);
  }
}

/** Headers and body; the first lines, which are alike, are left out. @param {Exchange["request"] | Exchange["response"]} message */
function bytes({ headers, body }) {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return new TextEncoder().encode(lines.join("") + (body ?? "")).length;
}

/** @param {Exchange} exchange */
const total = ({ request, response }) => bytes(request) + bytes(response);

/** Whether the token takes more or less time than the session, by a rule that was fixed before the run.
 * @param {number[]} session @param {number[]} token */
export function comparedWithSession(session, token) {
  const { apart, p } = compare(session, token);
  return { outcome: !apart ? "no-difference" : median(token) > median(session) ? "more" : "less", p };
}

/** @param {Bench} bench @param {string} path @param {string} what @param {Read} read */
function compareLanes(bench, path, what, read) {
  const [session, token] = LANES.map((lane) => read[lane].map(TIMES[what]));
  const { outcome, p } = comparedWithSession(session, token);
  const medians = { session: Math.round(median(session)), token: Math.round(median(token)) };
  const note = bench.say("medians", { ...medians, p: p < 0.001 ? "< 0.001" : p.toFixed(3) });
  bench.observe(`time/${path}/${what}`, outcome, LANES.map((lane) => read[lane][read[lane].length - 1]), note);
}

/** @param {Bench} bench @param {string} what @param {Record<string, Read>} reads */
function draw(bench, what, reads) {
  const groups = Object.entries(reads).flatMap(([path, read]) => LANES.map((lane) => ({
    label: bench.say(lane, { path }),
    lane,
    hollow: path === "me",
    values: read[lane].map((exchange) => TIMES[what](exchange) / 1000),
  })));
  bench.figure(what, { groups });
}
