// @ts-check
/** Thief and victim hold the same refresh token, in three orders of events, under three policies. */

import { admission } from "/static/js/exchange.js";
import { refreshGeneration } from "/static/js/refresh-token.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {"victim" | "thief"} Who */
/** @typedef {{who: Who, presented: number, got: number | null}} Event A refresh token of a generation was shown; null: refused. */

/** @type {Record<"broken" | "sound", Record<string, Record<string, string>>>} */
const POLICIES = {
  broken: { "token-reusable": { "jwt.dangerously_reusable_refresh": "true", "jwt.revocation": "none" } },
  sound: { "token-strict": { "jwt.refresh_grace": "0s" }, "token-grace": {} },
};

/** Who shows the copied token when: `first` uses it, `then` the other one shows it too, after a wait. */
const SCENARIOS = {
  "victim-first": { first: "victim", then: "thief", wait: "11s" },
  "thief-first": { first: "thief", then: "victim", wait: "11s" },
  "at-once": { first: "victim", then: "thief", wait: null },
};

/** @param {Bench} bench */
export async function run(bench) {
  const policies = bench.sides.flatMap(({ name }) => Object.entries(POLICIES[name]));
  /** @type {Record<string, {policy: string, events: Event[]}[]>} */
  const trees = {};
  for (const [policy, settings] of policies) {
    await bench.use(settings);
    for (const [scenario, order] of Object.entries(SCENARIOS)) {
      bench.doing(bench.say("playing", { scenario: bench.word(scenario), policy: bench.word(policy) }));
      const events = await play(bench, scenario, policy, order);
      (trees[scenario] ??= []).push({ policy: bench.word(policy), events });
      bench.figure(scenario, trees[scenario]);
    }
  }
}

/** @param {Bench} bench @param {string} scenario @param {string} policy @param {{first: string, then: string, wait: string | null}} order */
async function play(bench, scenario, policy, { first, then, wait }) {
  const login = await bench.logIn("jwt");
  const stolen = String(login.body.refresh_token ?? "");
  /** @type {Record<string, string>} What each of them holds. */
  const holds = { victim: stolen, thief: stolen };
  /** @type {Event[]} */
  const events = [];
  const show = async (/** @type {string} */ who) => {
    const { body, exchange } = await bench.send("jwt", "POST", "/token", { form: { grant_type: "refresh_token", refresh_token: holds[who] } });
    const presented = refreshGeneration(holds[who]) ?? 0;
    if (typeof body.refresh_token === "string") holds[who] = body.refresh_token;
    const outcome = login.status !== 200 ? null : body.error === "invalid_grant" ? "refused" : admission(exchange);
    if (outcome !== null) events.push({ who: /** @type {Who} */ (who), presented, got: outcome === "refused" ? null : refreshGeneration(holds[who]) });
    return { outcome, exchange };
  };
  const shown = { [first]: await show(first) };
  if (wait !== null) await bench.advance(wait);
  shown[then] = await show(then);
  bench.observe(`copy/${scenario}/${policy}`, shown.thief.outcome, [shown.thief.exchange], storeSaid(shown.thief.exchange));
  // Later both of them need the next access token, and not within the grace of each other.
  await bench.advance("11s");
  const victim = await show("victim");
  await bench.advance("11s");
  const thief = await show("thief");
  const victimAgain = await show("victim");
  bench.observe(`later/${scenario}/${policy}`, thief.outcome, [thief.exchange], storeSaid(thief.exchange));
  const stays = victimAgain.outcome === null ? null : victimAgain.outcome === "accepted" ? "logged-in" : "logged-out";
  bench.observe(`victim/${scenario}/${policy}`, stays, [victim.exchange, victimAgain.exchange], storeSaid(victimAgain.exchange));
  return events;
}

/** What the rotation came to in the store. @param {Exchange | null} exchange */
const storeSaid = (exchange) => exchange?.steps.find(({ name }) => name === "UPDATE family")?.result ?? null;
