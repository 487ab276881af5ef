// @ts-check
/** Sends three requests under six policies, and reads from the record whether each arrived, and from the script what it may read. */

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Sent} Sent */

/** @type {[column: string, policy: string][]} */
const POLICIES = [
  ["none", "none"],
  ["any", "dangerously-any"],
  ["list-without-credentials", "allow-list-without-credentials"],
  ["list", "allow-list"],
  ["other-list", "allow-list"],
  ["reflect", "dangerously-reflect"],
];

/** @param {Bench} bench */
export async function run(bench) {
  await bench.logIn("session");
  await bench.logIn("jwt");
  for (const [at, [column, policy]] of POLICIES.entries()) {
    bench.doing(bench.say("policy", { policy }), at / (POLICIES.length + 3));
    await bench.use(settings(bench, policy, column === "other-list"));
    // Preflights are cached by address, so each policy gets addresses of its own.
    const sent = await three(bench, column);
    for (const [row, { readable, exchange, exchanges }] of Object.entries(sent)) {
      const outcome = readable ? "read" : exchange !== null ? "served-unread" : "never-sent";
      bench.observe(`happens/${row}/${column}`, outcome, exchanges);
    }
    if (column === "list") await whoIsAsked(bench, sent);
  }
  for (const column of ["list", "reflect"]) {
    const policy = column === "list" ? "allow-list" : "dangerously-reflect";
    bench.doing(bench.say("stranger", { policy }));
    await bench.use(settings(bench, policy, false));
    const label = `stranger-${column}`;
    await bench.tab([{ at: "blog", do: "fetch", to: "session", path: `/stage/echo/${label}`, label, options: { credentials: "include" } }]);
    const exchange = bench.labelled(label, "session").at(0) ?? null;
    const read = bench.reported(label)?.outcome === "read";
    bench.observe(`stranger/cookie-get/${column}`, read ? "read" : exchange !== null ? "served-unread" : "never-sent", [exchange]);
  }
}

/** @param {Bench} bench @param {string} policy @param {boolean} another Whether only another origin is listed. */
function settings(bench, policy, another) {
  const origins = `["${bench.origins.partner}"]`;
  return Object.fromEntries(["session", "jwt"].flatMap((server) => [
    [`${server}.http.cors`, policy],
    ...(another ? [[`${server}.http.allowed_origins`, origins]] : []),
  ]));
}

/** @param {Bench} bench @param {string} column @returns {Promise<Record<string, Sent>>} */
async function three(bench, column) {
  const json = { to: "bob", amount_minor: 1, idempotency_key: `${bench.run}-${column}`, note: "" };
  return {
    "cookie-get": await bench.send("session", "GET", `/me?policy=${column}`, { cookies: true }),
    "json-post": await bench.send("session", "POST", `/transfers?policy=${column}`, { cookies: true, json }),
    "bearer-get": await bench.send("jwt", "GET", `/me?policy=${column}`, { bearer: bench.tokens.access_token, cache: "default" }),
  };
}

/** @param {Bench} bench @param {Record<string, Sent>} sent */
async function whoIsAsked(bench, sent) {
  const bearer = bench.tokens.access_token;
  const all = {
    ...sent,
    "bearer-again": await bench.send("jwt", "GET", "/me?policy=list", { bearer, cache: "default" }),
    "bearer-elsewhere": await bench.send("jwt", "GET", "/whoami?policy=list", { bearer, cache: "default" }),
  };
  for (const [row, { preflight, exchange }] of Object.entries(all)) {
    bench.observe(`preflight/${row}/before`, preflight !== null ? "asked" : "not-asked", [preflight, exchange]);
  }
}
