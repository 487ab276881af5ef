// @ts-check
/**
 * Sets five cookies that differ in nothing but SameSite, and has three pages send a browser to the bank in six ways. Which
 * of them came along is read from the bank's record of each request.
 */

import { header } from "/static/js/exchange.js";
import { bringsCookie, either } from "/static/js/experiment/judge.js";

const COOKIES = {
  "strict": "Path=/; Secure; HttpOnly; SameSite=Strict",
  "lax": "Path=/; Secure; HttpOnly; SameSite=Lax",
  "unset": "Path=/; Secure; HttpOnly",
  "none": "Path=/; Secure; HttpOnly; SameSite=None",
  "partitioned": "Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
};
// What a page loads in passing comes first: some browsers let a site in that was just navigated to.
const WAYS = ["fetch", "img", "iframe", "link", "form-get", "form-post"];
/** @type {Record<string, string>} */
const FROM = { "cross-site": "evil", "same-site": "blog", "same-origin": "session" };
/** The rule lets a cookie go along for 120 seconds; five more leave no doubt. */
const LATE_MS = 125_000;

/** @param {import("/static/js/experiment/bench.js").Bench} bench */
export async function run(bench) {
  const lines = Object.entries(COOKIES).map(([name, attributes]) => `samesite-${name}=1; ${attributes}`);
  // They are set on the bank's own page, as a login would: set by a request of this page they would be the same.
  const steps = [{ at: "session", do: "set-cookies", label: "set", lines }];
  for (const [relation, at] of Object.entries(FROM)) {
    for (const way of WAYS) steps.push(step(at, way, "session", `${relation}/${way}`));
  }
  await bench.logIn("jwt");
  for (const way of WAYS) {
    steps.push(step("evil", way, "jwt", `from-cross-site/${way}`), step("blog", way, "jwt", `from-same-site/${way}`));
  }
  bench.doing(bench.say("walk"));
  await bench.tab(steps);
  const set = bench.exchanges.find((exchange) => exchange.request.target.startsWith("/stage/cookies"));

  for (const relation of Object.keys(FROM)) {
    for (const way of WAYS) {
      const exchange = bench.labelled(`${relation}/${way}`, "session").at(0) ?? null;
      for (const name of Object.keys(COOKIES)) {
        const cell = `${relation}/${way}/${name}`;
        const aged = name === "unset" && way === "form-post" ? age(bench, set, exchange) : null;
        if (exchange === null) bench.notObservable(cell, bench.say("lost"));
        else bench.observe(cell, either(bringsCookie(exchange, `samesite-${name}`), "sent", "not-sent"), [exchange], aged);
      }
    }
  }
  for (const relation of ["from-cross-site", "from-same-site"]) {
    for (const way of WAYS) {
      const exchange = bench.labelled(`${relation}/${way}`, "jwt").at(0) ?? null;
      const cell = `token-lane/${way}/${relation}`;
      if (exchange === null) bench.notObservable(cell, bench.say("lost"));
      else bench.observe(cell, header(exchange.request, "authorization") === undefined ? "not-sent" : "sent", [exchange]);
    }
  }
  await theTwoMinuteRule(bench, set);
}

/** @param {import("/static/js/experiment/bench.js").Bench} bench
 * @param {import("/static/js/exchange.js").Exchange | undefined} set */
async function theTwoMinuteRule(bench, set) {
  const step = 1_000;
  for (let waited = 0; waited < LATE_MS; waited += step) {
    bench.doing(bench.say("grows-old", { seconds: Math.ceil((LATE_MS - waited) / step) }), waited / LATE_MS);
    await bench.wait(step);
  }
  await bench.tab([
    { at: "evil", do: "form-post", to: "session", label: "late" },
    { at: "session", do: "set-cookies", label: "away", lines: Object.entries(COOKIES).map(([name, attributes]) => `samesite-${name}=; ${attributes}; Max-Age=0`) },
  ]);
  const late = bench.labelled("late", "session").at(0) ?? null;
  bench.observe("two-minutes/form-post-late/unset", either(bringsCookie(late, "samesite-unset"), "sent", "not-sent"), [late], age(bench, set, late));
}

/** @param {string} at @param {string} way @param {string} to @param {string} label */
const step = (at, way, to, label) => ({ at, do: way, to, label, options: { mode: "no-cors", credentials: "include" } });

/** How old the cookies were. @param {import("/static/js/experiment/bench.js").Bench} bench
 * @param {import("/static/js/exchange.js").Exchange | undefined} set
 * @param {import("/static/js/exchange.js").Exchange | null} used */
const age = (bench, set, used) => (set && used ? bench.say("age", { seconds: (Date.parse(used.at) - Date.parse(set.at)) / 1_000 }) : null);
