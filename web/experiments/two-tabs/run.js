// @ts-check
/** Two tabs of one application find their access token expired, and renew it at the same moment: under three ways of dealing with that. */

import { admission } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Step} Step */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {{column: string, settings: Record<string, string>, lock: boolean}} Round */

const STRICT = { "jwt.refresh_grace": "0s" };
/** @type {Round[]} */
const ROUNDS = [
  { column: "token-strict", settings: STRICT, lock: false },
  { column: "token-grace", settings: {}, lock: false },
  { column: "token-locks", settings: STRICT, lock: true },
];

/** @param {Bench} bench */
export async function run(bench) {
  const one = ROUNDS.flatMap((round) => stepsOfOne(bench, round));
  const other = ROUNDS.flatMap(stepsOfTheOther);
  const play = async () => {
    for (const [at, round] of ROUNDS.entries()) {
      bench.doing(bench.say("round", { policy: bench.word(round.column) }), at / ROUNDS.length);
      await playRound(bench, round);
    }
  };
  const steps = [{ at: "blog", do: "second-tab", of: "blog", label: "opened", steps: other }, ...one, { at: "jwt", do: "forget-token", label: "forgotten" }];
  await Promise.all([bench.tab(steps), play()]);
}

/** What the first tab does. It waits on another origin: a server that restarts has nobody waiting on it then.
 * @param {Bench} bench @param {Round} round @returns {Step[]} */
const stepsOfOne = (bench, { column, lock }) => [
  { at: "blog", do: "wait", for: `ready-${column}` },
  { at: "jwt", do: "log-in-and-keep", label: `logged-in-${column}`, username: "alice", password: bench.passwordOf("alice") },
  { at: "jwt", do: "renew", label: `one-${column}`, together: `other-${column}`, lock },
  { at: "blog", do: "wait", for: `later-${column}` },
  { at: "jwt", do: "renew", label: `after-${column}` },
];

/** @param {Round} round @returns {Step[]} */
const stepsOfTheOther = ({ column, lock }) => [
  { at: "blog", do: "wait", for: `logged-in-${column}` },
  { at: "jwt", do: "renew", label: `other-${column}`, together: `one-${column}`, lock },
];

/** @param {Bench} bench @param {Round} round */
async function playRound(bench, { column, settings }) {
  await bench.use(settings);
  await bench.tell("blog", `ready-${column}`);
  const login = await bench.heard(`logged-in-${column}`);
  const reports = [await bench.heard(`one-${column}`), await bench.heard(`other-${column}`)];
  await bench.advance("11s");
  await bench.tell("blog", `later-${column}`);
  await bench.heard(`after-${column}`);
  if (said(login).status !== 200) return;
  if (reports.some((report) => said(report).outcome === "no-locks")) {
    for (const row of ["first", "second", "afterwards"]) bench.notObservable(`tabs/${row}/${column}`, bench.say("no-locks"));
    return;
  }
  // In the order in which the store met them, whichever tab that was: the first is the one that rotated.
  const rotated = (/** @type {Exchange} */ exchange) => (storeSaid(exchange)?.startsWith("rotated") ? 0 : 1);
  const presented = ["one", "other"].flatMap((tab) => renewal(bench, `${tab}-${column}`) ?? []).sort((a, b) => rotated(a) - rotated(b) || a.id - b.id);
  observe(bench, `tabs/first/${column}`, presented[0] ?? null);
  const fresh = reports.find((report) => said(report).outcome === "found-fresh");
  if (fresh !== undefined && presented.length === 1) bench.observe(`tabs/second/${column}`, "needs-none", [presented[0], fresh]);
  else observe(bench, `tabs/second/${column}`, presented[1] ?? null);
  observe(bench, `tabs/afterwards/${column}`, renewal(bench, `after-${column}`));
}

/** @param {Exchange} report @returns {Record<string, any>} */
const said = (report) => JSON.parse(report.request.body ?? "{}");

/** The request by which a tab presented its refresh token. @param {Bench} bench @param {string} label */
const renewal = (bench, label) => bench.exchanges.find(({ request }) => request.method === "POST" && request.target.startsWith(`/token?label=${label}&`)) ?? null;

/** This route refuses with 400 and a reason, and not with 401 (RFC 6749 §5.2). @param {Bench} bench @param {string} cell @param {Exchange | null} exchange */
function observe(bench, cell, exchange) {
  const body = exchange?.response.body ?? "";
  const outcome = body.includes("invalid_grant") ? "refused" : admission(exchange);
  bench.observe(cell, outcome, [exchange], storeSaid(exchange));
}

/** What the rotation came to in the store. @param {Exchange | null} exchange */
const storeSaid = (exchange) => exchange?.steps.find(({ name }) => name === "UPDATE family")?.result ?? null;
