// @ts-check
/** Has two programs log in and read, at both servers, carrying what they got in three ways. */

import { header } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */

/** @type {["session" | "jwt", string][]} */
const LANES = [["session", "session"], ["jwt", "token"]];
const CARRIES = /** @type {const} */ (["nothing", "cookie", "header"]);
const TOOLS = /** @type {const} */ (["client", "curl"]);

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
  if (status === null) bench.notObservable(cell, bench.say("no-curl"));
  else bench.observe(cell, status === 200 ? "accepted" : "refused", exchanges, tool === "curl" ? command : null);
}

/** The same request by this page and by a program: what the browser adds to it. @param {Bench} bench */
async function theRules(bench) {
  await bench.use({});
  const { exchanges } = await bench.program({ server: "jwt", tool: "client", carry: "header" });
  await bench.logIn("jwt");
  const page = await bench.send("jwt", "GET", "/me", { bearer: bench.tokens.access_token });
  const says = (/** @type {import("/static/js/exchange.js").Exchange[]} */ all) =>
    all.some((exchange) => header(exchange.request, "origin") !== undefined) ? "yes" : "no";
  const asks = (/** @type {import("/static/js/exchange.js").Exchange[]} */ all) =>
    all.some((exchange) => exchange.request.method === "OPTIONS") ? "yes" : "no";
  for (const [column, all] of /** @type {const} */ ([["page", page.exchanges], ["program", exchanges]])) {
    bench.observe(`rules/origin/${column}`, says(all), all);
    bench.observe(`rules/preflight/${column}`, asks(all), all);
  }
}
