// @ts-check
/** Has two programs log in and read, at both servers, carrying what they got in three ways. */

import { header, pathOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** @type {["session" | "jwt", string][]} */
const LANES = [["session", "session"], ["jwt", "token"]];
const CARRIES = /** @type {const} */ (["nothing", "cookie", "header"]);
const TOOLS = /** @type {const} */ (["client", "curl"]);
/** What the status of the answer means here. @type {Record<number, string>} */
const OUTCOMES = { 200: "accepted", 401: "refused" };

/** @param {Bench} bench */
export async function run(bench) {
  for (const carry of CARRIES) {
    const transport = carry === "cookie" ? "cookie" : "header";
    await bench.use({ "session.transport": transport, "jwt.transport": transport });
    for (const tool of TOOLS) {
      bench.doing(bench.say("running", { tool, carry }));
      for (const [server, lane] of LANES) await observe(bench, tool, carry, server, lane);
    }
  }
  await theRules(bench);
}

/** @param {Bench} bench @param {"client" | "curl"} tool @param {"nothing" | "cookie" | "header"} carry
 * @param {"session" | "jwt"} server @param {string} lane */
async function observe(bench, tool, carry, server, lane) {
  const cell = `${tool}/${carry}/${lane}`;
  const { status, command, exchanges } = await bench.program({ server, tool, carry });
  if (status === null) return bench.notObservable(cell, bench.say("no-curl"));
  // The record decides. A program that got nowhere, or could not log in, was not refused.
  const loggedIn = exchanges.some((exchange) => pathOf(exchange) === "/login" && exchange.response.status === 200);
  const outcome = OUTCOMES[readingOf(exchanges)?.response.status ?? 0];
  if (loggedIn && outcome !== undefined) bench.observe(cell, outcome, exchanges, tool === "curl" ? command : null);
}

/** The request that reads the balance. @param {Exchange[]} exchanges */
const readingOf = (exchanges) => exchanges.find((exchange) => pathOf(exchange) === "/me" && exchange.request.method === "GET");

/** The same request by this page and by a program: what the browser adds to it. @param {Bench} bench */
async function theRules(bench) {
  await bench.use({});
  const { exchanges } = await bench.program({ server: "jwt", tool: "client", carry: "header" });
  await bench.logIn("jwt");
  const page = await bench.send("jwt", "GET", "/me", { bearer: bench.tokens.access_token });
  for (const [column, all] of /** @type {const} */ ([["page", page.exchanges], ["program", exchanges]])) {
    // What did not ask at all says nothing of how it asks.
    if (readingOf(all) === undefined) continue;
    const says = all.some((exchange) => header(exchange.request, "origin") !== undefined);
    const asks = all.some((exchange) => exchange.request.method === "OPTIONS");
    bench.observe(`rules/origin/${column}`, says ? "yes" : "no", all);
    bench.observe(`rules/preflight/${column}`, asks ? "yes" : "no", all);
  }
}
