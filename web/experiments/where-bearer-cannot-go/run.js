// @ts-check
/** Has each bank's own page ask for the same resource in seven ways, logged in, and reads from the record whom the server saw. */

import { credentialOf } from "/static/js/exchange.js";

/** Each way by its row, and the step of the stage that goes it. */
const WAYS = {
  "image": "img", "frame": "iframe", "event-source": "event-source", "web-socket": "web-socket", "link": "link", "form": "form-post",
};
/** @type {["session" | "jwt", string][]} */
const LANES = [["session", "session"], ["jwt", "token"]];

/** @param {import("/static/js/experiment/bench.js").Bench} bench */
export async function run(bench) {
  /** @type {import("/static/js/experiment/bench.js").Step[]} */
  const steps = [];
  for (const [server, lane] of LANES) {
    await bench.logIn(server);
    const bearer = server === "jwt" ? bench.tokens.access_token : undefined;
    const { exchange } = await bench.send(server, "GET", "/stage/echo/fetch", { cookies: true, bearer });
    note(bench, "fetch", lane, exchange);
    for (const [row, way] of Object.entries(WAYS)) steps.push({ at: server, do: way, to: server, label: `${lane}-${row}` });
  }
  await bench.tab(steps);
  for (const [server, lane] of LANES) {
    for (const row of Object.keys(WAYS)) note(bench, row, lane, bench.labelled(`${lane}-${row}`, server).at(0) ?? null);
  }
}

/** @param {import("/static/js/experiment/bench.js").Bench} bench @param {string} row @param {string} lane
 * @param {import("/static/js/exchange.js").Exchange | null} exchange */
function note(bench, row, lane, exchange) {
  // What never arrived is no stranger: nobody was asked.
  const [who, credential] = exchange === null
    ? ["never-arrived", "never-arrived"]
    : [knows(exchange) ? "knows-you" : "stranger", credentialOf(exchange) !== null ? "sent" : "not-sent"];
  bench.observe(`who/${row}/${lane}`, who, [exchange]);
  bench.observe(`credential/${row}/${lane}`, credential, [exchange]);
}

/** Whether the server knew who asked: the stage of both banks says so, in JSON to a program and in words to a page.
 * @param {import("/static/js/exchange.js").Exchange} exchange */
const knows = ({ response }) => /"authenticated_as":"alice"|knows you: alice/.test(response.body ?? "");
