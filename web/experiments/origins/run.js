// @ts-check
/** Has pages of four origins ask the bank, and reads from the record what the browser said of them and which cookies it sent where. */

import { header } from "/static/js/exchange.js";
import { bringsCookie, either } from "/static/js/experiment/judge.js";

/** @type {Record<string, string>} Each page by its row. */
const PAGES = { "from-itself": "session", "from-other-port": "twin", "from-sibling": "blog", "from-attacker": "evil" };
/** @type {Record<string, string>} Each host by its column. */
const HOSTS = { "same-host": "session", "other-port": "twin", "sibling": "blog", "attacker": "evil" };
/** @type {Record<string, string>} */
const COOKIES = {
  "host-only": "origins-host-only=1; Path=/; Secure; SameSite=Lax",
  "domain": "origins-domain=1; Path=/; Secure; SameSite=Lax; Domain=lab.localhost",
  "host-prefix": "__Host-origins=1; Path=/; Secure; SameSite=Lax",
};
/** @type {Record<string, string>} */
const NAMES = { "host-only": "origins-host-only", "domain": "origins-domain", "host-prefix": "__Host-origins" };

/** @param {import("/static/js/experiment/bench.js").Bench} bench */
export async function run(bench) {
  // Both servers of the bank's host answer without CORS here, so that the border is the browser's own.
  await bench.use({ "session.http.cors": "none" });
  /** @type {import("/static/js/experiment/bench.js").Step[]} */
  const steps = [
    { at: "session", do: "set-cookies", label: "set", lines: Object.values(COOKIES) },
    { at: "session", do: "put", label: "put", key: "origins", value: bench.run },
  ];
  for (const [row, at] of Object.entries(PAGES)) {
    steps.push({ at, do: "fetch", to: "session", label: row, options: { credentials: "omit" } }, { at, do: "get", label: `${row}-storage`, key: "origins" });
  }
  // Each host is asked by a page of its own: then only the cookie's own rules decide.
  for (const [column, at] of Object.entries(HOSTS)) steps.push({ at, do: "fetch", to: at, label: `cookies-${column}`, options: { credentials: "include" } });
  const away = Object.values(COOKIES).map((line) => line.replace("=1;", "=;") + "; Max-Age=0");
  steps.push({ at: "session", do: "set-cookies", label: "away", lines: away }, { at: "session", do: "put", label: "unput", key: "origins", value: null });
  await bench.tab(steps);

  for (const row of Object.keys(PAGES)) {
    const exchange = bench.labelled(row, "session").at(0) ?? null;
    const said = exchange === null ? null : header(exchange.request, "sec-fetch-site") ?? "says-nothing";
    bench.observe(`relation/${row}/browser-says`, said, [exchange]);
    bench.observe(`reading/arrives/${row}`, exchange === null ? "lost" : "arrived", [exchange]);
    const answer = bench.report(row) === null ? null : bench.reported(row)?.outcome === "read";
    bench.observe(`reading/answer/${row}`, either(answer, "read", "withheld"), [exchange]);
    const storage = bench.report(`${row}-storage`);
    const seen = storage === null ? null : bench.reported(`${row}-storage`)?.value === bench.run;
    bench.observe(`storage/${row}/sight`, either(seen, "seen", "not-seen"), [storage]);
  }
  for (const [column, at] of Object.entries(HOSTS)) {
    const exchange = bench.labelled(`cookies-${column}`, at).at(0) ?? null;
    for (const [row, name] of Object.entries(NAMES)) {
      bench.observe(`cookies/${row}/${column}`, either(bringsCookie(exchange, name), "sent", "not-sent"), [exchange]);
    }
  }
}
