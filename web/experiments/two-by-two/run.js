// @ts-check
/** Takes the same walk four times: session and JWT, each in a cookie and in a header. */

import { admission, cookieSetBy, readsOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** @typedef {{server: "session" | "jwt", name: string, call: import("/static/js/api.js").Call,
 *   login: import("/static/js/experiment/bench.js").Sent, credential: string}} Pair */

/** @type {{server: "session" | "jwt", state: string}[]} */
const STATES = [{ server: "session", state: "session" }, { server: "jwt", state: "token" }];

/** @param {Bench} bench */
export async function run(bench) {
  for (const transport of ["cookie", "header"]) {
    await bench.use({ "session.transport": transport, "jwt.transport": transport });
    /** @type {Pair[]} */
    const pairs = [];
    for (const { server, state } of STATES) {
      bench.doing(bench.say("pair", { state, transport }));
      pairs.push(await logIn(bench, server, `${state}-${transport}`, transport));
    }
    await bench.tab(pairs.flatMap(({ server, name }) => [
      { at: server, do: "read-cookies", label: `${name}-script` },
      { at: "blog", do: "img", to: server, label: `${name}-image` },
      { at: "blog", do: "form-post", to: server, label: `${name}-form` },
    ]));
    for (const pair of pairs) {
      whatTravelled(bench, pair);
      await whatEndsIt(bench, pair);
    }
  }
}

/** @param {Bench} bench @param {"session" | "jwt"} server @param {string} name @param {string} transport @returns {Promise<Pair>} */
async function logIn(bench, server, name, transport) {
  const login = await bench.logIn(server);
  const bearer = transport === "header" ? login.body.access_token : undefined;
  const call = { cookies: true, bearer };
  const me = await bench.send(server, "GET", "/me", call);
  bench.observe(`reads/works/${name}`, admission(me.exchange), [login.exchange, me.exchange]);
  bench.observe(`reads/lookup/${name}`, readsOf(me.exchange), [me.exchange]);
  // The credential as the record of the login shows it: only the wire itself shows a cookie there.
  return { server, name, call, login, credential: bearer ?? cookieSetBy(login.exchange) };
}

/** @param {Bench} bench @param {Pair} pair */
function whatTravelled(bench, { server, name, login, credential }) {
  // A script reaches what the login's answer says in its body, and the cookies that are not HttpOnly.
  const report = bench.report(`${name}-script`);
  const reached = `${JSON.stringify(login.body)} ${bench.reported(`${name}-script`)?.cookies ?? ""}`;
  const outcome = report === null || credential === "" ? null : reached.includes(credential) ? "readable" : "out-of-reach";
  bench.observe(`theft/script/${name}`, outcome, [login.exchange, report]);
  for (const row of ["form", "image"]) {
    const exchange = bench.labelled(`${name}-${row}`, server).at(0) ?? null;
    bench.observe(`ambient/${row}/${name}`, travels(exchange, credential), [exchange]);
  }
}

/** @param {Bench} bench @param {Pair} pair */
async function whatEndsIt(bench, { server, name, call, login, credential }) {
  await bench.restart(server);
  const after = await bench.send(server, "GET", "/me", call);
  bench.observe(`restart/survives/${name}`, admission(after.exchange), [after.exchange]);
  const json = server === "jwt" ? { refresh_token: login.body.refresh_token } : {};
  const logout = await bench.send(server, "POST", "/logout", { ...call, json });
  const copy = await bench.elsewhere(server, credential);
  bench.observe(`ending/copy-after-logout/${name}`, admission(copy), [logout.exchange, copy]);
}

/** Whether a request brought the credential; null for one that never came. @param {Exchange | null} exchange @param {string} credential */
function travels(exchange, credential) {
  if (exchange === null || credential === "") return null;
  return exchange.request.headers.some(([, value]) => value.includes(credential)) ? "comes-along" : "stays-home";
}
