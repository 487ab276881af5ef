// @ts-check
/** Logs out three times, with one setting changed each time, and looks at what the browser still shows and keeps. */

import { admission, cookieSetBy } from "/static/js/exchange.js";
import { bringsCookie, either } from "/static/js/experiment/judge.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Step} Step */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

const COOKIE = "left-over=1; Path=/; Secure; SameSite=Lax";
const KEY = "left-over";

/** @param {Bench} bench */
export async function run(bench) {
  await backAfterLogout(bench, "cacheable", { "session.http.dangerously_cacheable": "true" });
  await backAfterLogout(bench, "no-store", {});
  await clear(bench, "plain-logout", {});
  await clear(bench, "with-clear-site-data", { "session.http.clear_site_data": '["cookies", "storage"]' });
  await copies(bench);
}

/** @param {Bench} bench @param {string} row @param {Record<string, string>} settings */
async function backAfterLogout(bench, row, settings) {
  bench.doing(bench.say("phase", { what: row }));
  await bench.use(settings);
  const login = await bench.logIn("session");
  const label = `back-${row}`;
  await bench.tab([
    { at: "session", do: "location", to: "session", path: "/stage/private", label: "private" },
    { at: "session", do: "log-out", label: "logged-out" },
    { at: "session", do: "leave-and-come-back", to: "blog", label },
  ]);
  const shows = bench.reported(label);
  const loggedOut = bench.reported("logged-out")?.status === 204;
  const shown = login.status === 200 && loggedOut && shows !== null ? /alice/.test(shows.shows) : null;
  const pages = bench.exchanges.filter((exchange) => exchange.request.target.startsWith("/stage/private"));
  const note = bench.say(shows?.persisted ? "alive" : "anew");
  bench.observe(`back/${row}/page-shows`, either(shown, "secret", "nobody"), [...pages.slice(-2), bench.report(label)], note);
}

/** @param {Bench} bench @param {string} column @param {Record<string, string>} settings */
async function clear(bench, column, settings) {
  bench.doing(bench.say("phase", { what: column }));
  await bench.use(settings);
  await bench.logIn("session");
  /** @type {(at: string, name: string) => Step[]} */
  const keep = (at, name) => [
    { at, do: "set-cookies", label: `${name}-set`, lines: [COOKIE] },
    { at, do: "put", label: `${name}-put`, key: KEY, value: bench.run },
  ];
  /** @type {(at: string, name: string) => Step[]} */
  const look = (at, name) => [{ at, do: "fetch", to: at, label: `${column}-${name}`, options: {} }, { at, do: "get", label: `${column}-${name}-storage`, key: KEY }];
  /** @type {(at: string) => Step[]} */
  const away = (at) => [
    { at, do: "set-cookies", label: "away", lines: [`${COOKIE}; Max-Age=0`] },
    { at, do: "put", label: "unput", key: KEY, value: null },
  ];
  await bench.tab([
    ...keep("blog", "sibling"), ...keep("session", "own"),
    { at: "session", do: "log-out", label: `${column}-logout` },
    ...look("session", "own"), ...look("blog", "sibling"), ...away("session"), ...away("blog"),
  ]);
  const all = /** @type {const} */ ([["own", "session", "clear"], ["sibling", "blog", "siblings"]]);
  for (const [name, server, matrix] of all) {
    if (matrix === "siblings" && column === "plain-logout") continue;
    const exchange = bench.labelled(`${column}-${name}`, server).at(0) ?? null;
    const wasKept = bench.report(`${name}-set`) !== null && bench.reported(`${column}-logout`)?.status === 204;
    bench.observe(`${matrix}/${name}-cookie/${column}`, either(wasKept ? bringsCookie(exchange, "left-over", "1") : null, "left", "gone"), [exchange]);
    const storage = bench.report(`${column}-${name}-storage`);
    const kept = storage === null || !wasKept ? null : bench.reported(`${column}-${name}-storage`)?.value === bench.run;
    bench.observe(`${matrix}/${name}-storage/${column}`, either(kept, "left", "gone"), [storage]);
  }
}

/** @param {Bench} bench */
async function copies(bench) {
  await bench.use({ "session.http.clear_site_data": '["cookies", "storage"]', "jwt.http.clear_site_data": '["cookies", "storage"]' });
  for (const [server, lane] of /** @type {["session" | "jwt", string][]} */ ([["session", "session"], ["jwt", "token"]])) {
    const login = await bench.logIn(server);
    const copy = login.body.access_token ?? cookieSetBy(login.exchange);
    const json = server === "jwt" ? { refresh_token: login.body.refresh_token } : {};
    const logout = await bench.send(server, "POST", "/logout", { cookies: true, json });
    const used = await bench.elsewhere(server, copy);
    const counts = login.status === 200 && admission(logout.exchange) === "accepted";
    bench.observe(`copies/copy/${lane}`, counts ? admission(used) : null, [logout.exchange, used]);
  }
}
