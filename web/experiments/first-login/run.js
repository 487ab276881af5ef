// @ts-check
/** Lives through a login on both sides: in, at work, out; and through a month of it. */

import { header } from "/static/js/exchange.js";

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

/** @param {number} status */
const accepted = (status) => (status === 200 ? "accepted" : "refused");

/** @param {Bench} bench @param {"session" | "jwt"} server @param {string} lane */
async function theFlow(bench, server, lane) {
  const without = await bench.send(server, "GET", "/me", { cookies: true });
  bench.observe(`flow/without-credential/${lane}`, accepted(without.status), [without.exchange]);
  const login = await bench.logIn(server);
  bench.observe(`flow/log-in/${lane}`, accepted(login.status), [login.exchange]);
  bench.observe(`work/password-login/${lane}`, hashes(login.exchange), [login.exchange]);
  const bearer = login.body.access_token;
  const me = await bench.send(server, "GET", "/me", { cookies: true, bearer });
  bench.observe(`flow/with-credential/${lane}`, accepted(me.status), [me.exchange]);
  bench.observe(`work/password-later/${lane}`, hashes(me.exchange), [me.exchange]);
  bench.observe(`work/later/${lane}`, me.exchange?.authentication_reads === 0 ? "no-read" : "one-read", [me.exchange]);
  const json = server === "jwt" ? { refresh_token: login.body.refresh_token } : {};
  const logout = await bench.send(server, "POST", "/logout", { cookies: true, json });
  const copy = await bench.elsewhere(server, bearer ?? cookieOf(login.exchange));
  bench.observe(`flow/after-logout/${lane}`, accepted(copy?.response.status ?? 0), [logout.exchange, copy]);
}

/** @param {Bench} bench */
async function aMonth(bench) {
  await bench.logIn("session");
  let pair = (await bench.logIn("jwt")).body;
  const read = async (/** @type {string} */ row) => {
    for (const [server, lane] of LANES) {
      const bearer = server === "jwt" ? pair.access_token : undefined;
      const { status, exchange } = await bench.send(server, "GET", "/me", { cookies: true, bearer });
      bench.observe(`time/${row}/${lane}`, accepted(status), [exchange]);
    }
  };
  const refresh = () => bench.send("jwt", "POST", "/token", { form: { grant_type: "refresh_token", refresh_token: pair.refresh_token } });

  bench.doing(bench.say("waiting"));
  await bench.advance("15m");
  await read("fifteen-minutes");
  const renewed = await refresh();
  const writes = renewed.exchange?.steps.some((step) => step.effect === "write") ?? false;
  bench.observe("work/refresh/token", writes ? "written" : "not-written", [renewed.exchange]);
  pair = renewed.body;
  const again = await bench.send("jwt", "GET", "/me", { bearer: pair.access_token });
  bench.observe("time/refreshed/token", accepted(again.status), [renewed.exchange, again.exchange]);

  bench.doing(bench.say("waiting"));
  await bench.advance("30d");
  await read("a-month");
  const late = await refresh();
  bench.observe("time/refresh-too-late/token", accepted(late.status), [late.exchange]);
  for (const [server, lane] of LANES) {
    const login = await bench.logIn(server);
    bench.observe(`time/log-in-again/${lane}`, accepted(login.status), [login.exchange]);
  }
}

/** @param {Exchange | null} exchange */
const hashes = (exchange) => (exchange?.steps.some((step) => step.name === "Argon2id") ? "hashed" : "not-hashed");

/** The value of the cookie that a login has set: whoever reads along at the wire has it. @param {Exchange | null} login */
const cookieOf = (login) => (header(login?.response ?? { headers: [] }, "set-cookie") ?? "").split(";", 1)[0].split("=").slice(1).join("=");
