// @ts-check
/** Keeps one value in seven places of a page of the bank, and looks for it from seven sides. */

import { header } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Step} Step */

const COOKIES = {
  "http-only-cookie": ["stage-http-only", "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400"],
  "session-cookie": ["stage-session", "Path=/; Secure; HttpOnly; SameSite=Lax"],
};
const PLACES = ["local-storage", "session-storage", "indexed-db", "memory", "readable-cookie"];

/** @param {Bench} bench */
export async function run(bench) {
  bench.doing(bench.say("walk"));
  const value = bench.run;
  /** @type {(at: string, label: string) => Step} */
  const look = (at, label) => ({ at, do: "look-everywhere", label });
  await bench.tab([
    { at: "session", do: "set-cookies", label: "set", lines: Object.values(COOKIES).map(([name, attributes]) => `${name}=${value}; ${attributes}`) },
    { at: "session", do: "keep-everywhere", label: "keep", value },
    look("session", "script"),
    { at: "session", do: "steal-from-closure", label: "closure", value },
    { at: "session", do: "reload", label: "reloading" },
    look("session", "reload"),
    { at: "session", do: "new-tab", label: "opening", steps: [look("session", "new-tab")] },
    look("twin", "other-port"),
    look("blog", "sibling"),
    { at: "evil", do: "frame", of: "session", label: "framing", steps: [look("session", "cross-site-frame")] },
  ]);
  for (const column of ["script", "reload", "new-tab", "other-port", "sibling", "cross-site-frame"]) observe(bench, column, value);
  // Kept until the browser has been closed and started again.
  bench.pause({ value });
}

/** @param {Bench} bench @param {{value: string}} state */
export async function resume(bench, { value }) {
  bench.doing(bench.say("after"));
  await bench.tab([
    { at: "session", do: "look-everywhere", label: "restart" },
    { at: "session", do: "clear-everywhere", label: "clear" },
    { at: "session", do: "set-cookies", label: "away", lines: Object.values(COOKIES).map(([name, attributes]) => `${name}=; ${attributes}; Max-Age=0`) },
  ]);
  observe(bench, "restart", value);
}

/** @param {Bench} bench @param {string} column @param {string} value */
function observe(bench, column, value) {
  const report = bench.report(column);
  const found = bench.reported(column);
  if (report === null) return; // The page never got so far.
  const there = (/** @type {boolean} */ is) => (is ? "there" : "not-there");
  for (const place of PLACES) {
    const seen = place === "memory" && column === "script" ? bench.reported("closure")?.stolen : found?.[place];
    bench.observe(`kept/${place}/${column}`, there(seen === value), [place === "memory" && column === "script" ? bench.report("closure") : report]);
  }
  for (const [place, [name]] of Object.entries(COOKIES)) {
    // A script asks the page; everybody else is asked by the server, to which the report itself brings the cookies.
    const cookies = column === "script" ? found?.cookies : header(report.request, "cookie");
    bench.observe(`kept/${place}/${column}`, there((cookies ?? "").includes(`${name}=${value}`)), [report]);
  }
}
