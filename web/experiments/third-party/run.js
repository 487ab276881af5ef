// @ts-check
/** Hands both credentials to the partner, and counts in the bank's own record how often it asks the bank. */

import { pathOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Sent} Sent */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** How the partner names itself to the bank. */
const PARTNER = "svt-partner";

/** @param {Bench} bench */
export async function run(bench) {
  await bench.use({ "session.transport": "header" });
  for (const [server, lane] of /** @type {["session" | "jwt", string][]} */ ([["session", "session"], ["jwt", "token"]])) {
    bench.doing(bench.say("calls", { lane }));
    const login = await bench.logIn(server);
    const bearer = login.body.access_token;
    if (bearer === undefined) continue; // Without a credential there is nothing to hand over.
    const forget = await bench.send("partner", "POST", "/offers/forget", { text: "" });
    const first = await bench.send("partner", "GET", "/offers", { bearer });
    const later = await bench.send("partner", "GET", "/offers", { bearer });
    bench.observe(`who/recognised/${lane}`, first.body.for === "alice" ? "knows-you" : "stranger", [first.exchange]);
    count(bench, `home/first-call/${lane}`, forget, first);
    count(bench, `home/later-call/${lane}`, first, later);

    bench.doing(bench.say("away"));
    await bench.away(server, true);
    const alone = await bench.send("partner", "GET", "/offers", { bearer });
    await bench.away(server, false);
    bench.observe(`away/bank-away/${lane}`, alone.status === 200 ? "served" : "not-served", [alone.exchange]);

    await abuse(bench, lane, bearer);
    const json = server === "jwt" ? { refresh_token: login.body.refresh_token } : {};
    const logout = await bench.send(server, "POST", "/logout", { bearer, json });
    if (logout.status !== 204) continue; // Whoever is still logged in shows nothing of a logout.
    const after = await bench.send("partner", "GET", "/offers", { bearer });
    bench.observe(`price/after-logout/${lane}`, after.status === 200 ? "served" : "not-served", [logout.exchange, after.exchange]);
  }
}

/** Counts the requests of the partner that the bank has recorded between the end of one call and the end of the next.
 * @param {Bench} bench @param {string} cell @param {Sent} before @param {Sent} call */
function count(bench, cell, before, call) {
  const { exchange } = call;
  if (before.exchange === null || exchange === null) return;
  const from = before.exchange.id;
  const asked = bench.exchanges.filter((other) => isOfPartner(other) && other.id > from && other.id < exchange.id);
  // A partner that neither asks nor serves shows nothing: perhaps it was given nothing to ask for.
  if (asked.length === 0 && call.status !== 200) return;
  bench.observe(cell, asked.length > 0 ? "asks" : "does-not-ask", [exchange, ...asked], bench.say("count", { count: asked.length }));
}

/** Has the partner read the balance at the bank; the bank's own record says whether it could.
 * @param {Bench} bench @param {string} lane @param {string} bearer */
async function abuse(bench, lane, bearer) {
  const { exchange } = await bench.send("partner", "GET", "/offers/abuse", { bearer });
  const read = bench.exchanges.findLast((other) => isOfPartner(other) && pathOf(other) === "/me");
  if (read === undefined) return;
  bench.observe(`price/partner-is-you/${lane}`, read.response.status === 200 ? "accepted" : "refused", [exchange, read]);
}

/** @param {Exchange} exchange */
const isOfPartner = ({ server, client }) => server !== "partner" && client.startsWith(PARTNER);
