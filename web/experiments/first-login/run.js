// @ts-check
/** Lives through a login on both sides: in, at work, out; and through a month of it. */

import { admission, cookieSetBy, readsOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** @type {["session" | "jwt", string][]} */
const LANES = [["session", "session"], ["jwt", "token"]];

/** @param {Bench} bench */
export async function run(bench) {
  for (const [server, lane] of LANES) {
    bench.doing(bench.say("flow", { lane }));
    await theFlow(bench, server, lane);
  }
  await aMonth(bench);
}

/** @param {Bench} bench @param {"session" | "jwt"} server @param {string} lane */
async function theFlow(bench, server, lane) {
  const without = await bench.send(server, "GET", "/me", { cookies: true });
  bench.observe(`flow/without-credential/${lane}`, admission(without.exchange), [without.exchange]);
  const login = await bench.logIn(server);
  bench.observe(`flow/log-in/${lane}`, admission(login.exchange), [login.exchange]);
  bench.observe(`work/password-login/${lane}`, hashes(login.exchange), [login.exchange]);
  const bearer = login.body.access_token;
  const me = await bench.send(server, "GET", "/me", { cookies: true, bearer });
  bench.observe(`flow/with-credential/${lane}`, admission(me.exchange), [me.exchange]);
  bench.observe(`work/password-later/${lane}`, hashes(me.exchange), [me.exchange]);
  bench.observe(`work/later/${lane}`, readsOf(me.exchange), [me.exchange]);
  const json = server === "jwt" ? { refresh_token: login.body.refresh_token } : {};
  const logout = await bench.send(server, "POST", "/logout", { cookies: true, json });
  const copy = await bench.elsewhere(server, bearer ?? cookieSetBy(login.exchange));
  bench.observe(`flow/after-logout/${lane}`, admission(copy), [logout.exchange, copy]);
}

/** @param {Bench} bench */
async function aMonth(bench) {
  await bench.logIn("session");
  let pair = (await bench.logIn("jwt")).body;
  const read = async (/** @type {string} */ row) => {
    for (const [server, lane] of LANES) {
      const bearer = server === "jwt" ? pair.access_token : undefined;
      const { exchange } = await bench.send(server, "GET", "/me", { cookies: true, bearer });
      bench.observe(`time/${row}/${lane}`, admission(exchange), [exchange]);
    }
  };
  const refresh = () => bench.send("jwt", "POST", "/token", { form: { grant_type: "refresh_token", refresh_token: pair.refresh_token } });

  bench.doing(bench.say("waiting"));
  await bench.advance("15m");
  await read("fifteen-minutes");
  const renewed = await refresh();
  const writes = renewed.exchange?.steps.some((step) => step.effect === "write");
  const remembers = admission(renewed.exchange) !== "accepted" ? null : writes ? "written" : "not-written";
  bench.observe("work/refresh/token", remembers, [renewed.exchange]);
  pair = renewed.body;
  const again = await bench.send("jwt", "GET", "/me", { bearer: pair.access_token });
  bench.observe("time/refreshed/token", admission(again.exchange), [renewed.exchange, again.exchange]);

  bench.doing(bench.say("waiting"));
  await bench.advance("30d");
  await read("a-month");
  const late = await refresh();
  // This route refuses with 400 and a reason, and not with 401 (RFC 6749 §5.2).
  const outcome = late.body.error === "invalid_grant" ? "refused" : admission(late.exchange);
  bench.observe("time/refresh-too-late/token", outcome, [late.exchange]);
  for (const [server, lane] of LANES) {
    const login = await bench.logIn(server);
    bench.observe(`time/log-in-again/${lane}`, admission(login.exchange), [login.exchange]);
  }
}

/** @param {Exchange | null} exchange */
function hashes(exchange) {
  if (exchange === null) return null;
  return exchange.steps.some((step) => step.name === "Argon2id") ? "hashed" : "not-hashed";
}
