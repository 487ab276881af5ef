// @ts-check
/** Cookies that another host sets for the bank, and a login that another site chooses: who is it that the bank then sees? */

import { header, jsonObject, pathOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Step} Step */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {"session" | "jwt"} Server */
/** @typedef {{server: Server, column: string}} Lane */
/** @typedef {{name: string, settings: Record<string, string>}} Variant */

/** @type {Lane[]} */
const IN_COOKIES = [{ server: "session", column: "session" }, { server: "jwt", column: "token-cookie" }];
/** @type {Lane[]} */
const LANES = [...IN_COOKIES, { server: "jwt", column: "token-header" }];
/** The defences one by one. @type {Variant[]} */
const PREFIX_OR_RENEWAL = [
  { name: "prefix", settings: { "session.dangerously_adopt_session_id": "true" } },
  { name: "renewal", settings: { "session.cookie.dangerously_plain": "true", "jwt.cookie.dangerously_plain": "true" } },
];
/** @type {Variant} */
const TOKEN_ALONE = { name: "token", settings: { "session.http.csrf": "token", "jwt.http.csrf": "token" } };
/** How long the attacker's page shows its form before it sends it, in milliseconds. */
const SHOWN = 500;

/** @param {Bench} bench */
export async function run(bench) {
  const site = new URL(bench.origins.blog).hostname.split(".").slice(-2).join(".");
  bench.doing(bench.say("fixation"));
  for (const variant of [...bench.sides, ...PREFIX_OR_RENEWAL]) await fixate(bench, variant, site);
  bench.doing(bench.say("tossing"));
  for (const side of bench.sides) await toss(bench, side, site);
  bench.doing(bench.say("flood"));
  await flood(bench, site);
  bench.doing(bench.say("login"));
  await forgeLogins(bench);
}

/** The settings of a variant, with the token where a lane has it. @param {Variant} variant @param {Lane} lane */
const settingsOf = ({ settings }, { column }) => ({ ...settings, "jwt.transport": column === "token-header" ? "header" : "cookie" });

/** The cookie, name and value, that a login has set. @param {Exchange | null | undefined} login */
const cookieOf = (login) => (header(login?.response ?? { headers: [] }, "set-cookie") ?? "").split(";", 1)[0];

/** Mallory's own login, by a program of hers; the cookie that she got. @param {Bench} bench @param {Server} server */
async function cookieOfMallory(bench, server) {
  const { exchanges } = await bench.program({ server, tool: "client", carry: "cookie", username: "mallory" });
  return cookieOf(exchanges.find((exchange) => pathOf(exchange) === "/login"));
}

/** What the sibling plants. Secure where the name demands it: it is refused for its Domain alone. @param {string} pair @param {string} attributes */
const planted = (pair, attributes) => `${pair}; ${attributes}; SameSite=Lax${pair.startsWith("__") ? "; Secure" : ""}`;

/** Whom an answer is about; null where there was none, or a server in trouble. @param {Exchange | null} exchange
 * @returns {string | null} A name, or `nobody`. */
function whoIn(exchange) {
  const status = exchange?.response.status ?? 0;
  if (status === 401) return "nobody";
  const name = status === 200 ? jsonObject(exchange?.response.body ?? null)?.username : null;
  return typeof name === "string" ? name : null;
}

/** Mallory's cookie is planted; alice logs in; mallory comes with it from elsewhere. @param {Bench} bench @param {Variant} variant @param {string} site */
async function fixate(bench, variant, site) {
  await bench.use({ ...variant.settings, "jwt.transport": "cookie" });
  for (const { server, column } of IN_COOKIES) {
    const pair = await cookieOfMallory(bench, server);
    const line = planted(pair, `Domain=${site}; Path=/`);
    await bench.setCookies("blog", [line]);
    const login = await bench.logIn(server);
    const copy = await bench.elsewhere(server, pair.split("=").slice(1).join("="));
    const who = pair === "" || login.status !== 200 ? null : whoIn(copy);
    bench.observe(`fixation/fixation-${variant.name}/${column}`, who === null ? null : who === "alice" ? "is-you" : "is-not-you", [login.exchange, copy]);
    await takeAway(bench, [line]);
    await logOut(bench, server);
  }
}

/** Alice is logged in; mallory's cookie is planted with a longer path. @param {Bench} bench @param {Variant} variant @param {string} site */
async function toss(bench, variant, site) {
  for (const lane of LANES) {
    await bench.use(settingsOf(variant, lane));
    const isHeader = lane.column === "token-header";
    const pair = isHeader ? "token=planted" : await cookieOfMallory(bench, lane.server);
    const login = await bench.logIn(lane.server);
    const line = planted(pair, `Domain=${site}; Path=/me`);
    await bench.setCookies("blog", [line]);
    // The page of a header sends no cookies: that is what it means that nothing is ambient.
    const me = await bench.send(lane.server, "GET", "/me", isHeader ? { bearer: bench.tokens.access_token } : { cookies: true });
    const who = pair === "" || login.status !== 200 ? null : whoIn(me.exchange);
    bench.observe(`tossing/tossing-${variant.name}/${lane.column}`, who === "alice" ? "you" : who === "mallory" ? "mallory" : null, [login.exchange, me.exchange]);
    await takeAway(bench, [line]);
    await logOut(bench, lane.server);
  }
}

/** Ends the login that this browser has in a cookie, whatever its name and whatever is demanded for it.
 * @param {Bench} bench @param {Server} server */
async function logOut(bench, server) {
  const { body } = await bench.send(server, "GET", "/csrf-token", { cookies: true });
  /** @type {Record<string, string>} */
  const headers = body.csrf_token === undefined ? {} : { "X-CSRF-Token": body.csrf_token };
  await bench.send(server, "POST", "/logout", { json: {}, headers, cookies: true });
}

/** Takes planted cookies away again, as their planter could. @param {Bench} bench @param {string[]} lines */
const takeAway = (bench, lines) => bench.setCookies("blog", lines.map((line) => `${line.replace(/=[^;]*/, "=")}; Max-Age=0`));

/** More cookies than the server reads, and more than the browser keeps. On one path, so that the lab's own requests carry none.
 * @param {Bench} bench @param {string} site */
async function flood(bench, site) {
  await bench.use({ "jwt.transport": "header" });
  await bench.logIn("session");
  await bench.logIn("jwt");
  const place = `Domain=${site}; Path=/me; Secure; SameSite=Lax`;
  await look(bench, "before");
  const large = Array.from({ length: 60 }, (_, index) => `large-${index}=${"x".repeat(3_800)}; ${place}`);
  await plantAll(bench, large, 10);
  await look(bench, "large");
  await removeAll(bench, large);
  const many = Array.from({ length: 260 }, (_, index) => `many-${index}=1; ${place}`);
  await plantAll(bench, many, 65);
  await look(bench, "many");
  await removeAll(bench, many);
  await bench.logIn("session");
  await look(bench, "after");
  await logOut(bench, "session");
}

/** @param {Bench} bench @param {string[]} lines @param {number} atOnce A report to the stage has a limit. */
async function plantAll(bench, lines, atOnce) {
  for (let from = 0; from < lines.length; from += atOnce) await bench.setCookies("blog", lines.slice(from, from + atOnce));
}

/** @param {Bench} bench @param {string[]} lines */
const removeAll = (bench, lines) => plantAll(bench, lines.map((line) => `${line.replace(/=[^;]*/, "=")}; Max-Age=0`), 65);

/** Whether alice is still served. @param {Bench} bench @param {string} row */
async function look(bench, row) {
  // The same without cookies: the server is there, and answers that it does not know who asks.
  const alive = await bench.send("session", "GET", "/whoami");
  const me = await bench.send("session", "GET", "/me", { cookies: true });
  const isThere = alive.exchange?.response.status === 401;
  const who = whoIn(me.exchange);
  const isShutOut = isThere && (who === "nobody" || me.exchange === null);
  const note = me.status === 0 ? null : bench.say("status", { status: me.status });
  bench.observe(`flood/flood-${row}/session`, who === "alice" ? "served" : isShutOut ? "shut-out" : null, [alive.exchange, me.exchange], note);
  const bearer = await bench.send("jwt", "GET", "/me", { bearer: bench.tokens.access_token });
  bench.observe(`flood/flood-${row}/token-header`, whoIn(bearer.exchange) === "alice" ? "served" : null, [bearer.exchange]);
}

/** Forms of the attacker's site log the visitor in as mallory. @param {Bench} bench */
async function forgeLogins(bench) {
  const rounds = [...bench.sides, TOKEN_ALONE].flatMap((variant) => LANES.map((lane) => ({ variant, lane, label: `login-${variant.name}-${lane.column}` })));
  const fields = { username: "mallory", password: bench.passwordOf("mallory") };
  /** @type {Step[]} */
  const steps = rounds.flatMap(({ lane, label }) => [
    { at: "evil", do: "wait", for: `ready-${label}` },
    { at: "evil", do: "errand", of: "evil", label, steps: [{ at: "evil", do: "form-post", to: lane.server, path: `/login?label=${label}`, fields, shown: SHOWN }] },
  ]);
  const play = async () => {
    for (const { variant, lane, label } of rounds) {
      await bench.use(settingsOf(variant, lane));
      await bench.tell("evil", `ready-${label}`);
      await bench.heard(label);
      const forged = bench.exchanges.find(({ request }) => request.method === "POST" && request.target.startsWith(`/login?label=${label}&`)) ?? null;
      const who = await bench.send(lane.server, "GET", "/whoami", { cookies: true });
      const found = forged === null ? null : whoIn(who.exchange);
      bench.observe(`login/login-${variant.name}/${lane.column}`, found === "mallory" || found === "nobody" ? found : null, [forged, who.exchange]);
      await logOut(bench, lane.server);
    }
  };
  await bench.tabWhile([...steps, { at: "evil", do: "end-errands" }], play);
}
