// @ts-check
/** Lives through a week and a month with two kinds of tokens and a session: who is let in when, and who must type the password. */

import { admission, cookieSetBy } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {Record<string, any>} Pair Access and refresh token, as the server answers them. */

/** What the token server is set to, by column. @type {Record<string, Record<string, string>>} */
const TOKENS = {
  "token-week": { "jwt.access_lifetime": "7d", "jwt.refresh_lifetime": "30d" },
  "token-minutes": { "jwt.access_lifetime": "15m", "jwt.refresh_lifetime": "30d" },
};

/** @param {Bench} bench */
export async function run(bench) {
  for (const [column, settings] of Object.entries(TOKENS)) {
    await bench.use(settings);
    await aMonth(bench, column);
    await bench.backToNow();
  }
  await bench.use({});
  await aMonthOfASession(bench);
}

/** @param {Bench} bench @param {string} column */
async function aMonth(bench, column) {
  const login = await bench.logIn("jwt");
  /** @type {Pair} */
  let pair = login.body;
  /** @type {(row: string) => Promise<Exchange | null>} */
  const read = async (row) => {
    const { exchange } = await bench.send("jwt", "GET", "/me", { bearer: pair.access_token });
    bench.observe(row, login.status === 200 ? admission(exchange) : null, [exchange]);
    return exchange;
  };
  const copy = String(pair.access_token ?? "");
  await read(`week/at-once/${column}`);
  await stolen(bench, `stolen/at-once/${column}`, copy);

  bench.doing(bench.say("an-hour"));
  await bench.advance("1h");
  await stolen(bench, `stolen/after-an-hour/${column}`, copy);
  pair = await refreshWhereNeeded(bench, pair);

  bench.doing(bench.say("six-days"));
  await bench.advance("6d");
  await stolen(bench, `stolen/after-six-days/${column}`, copy);
  pair = await refreshWhereNeeded(bench, pair);
  await read(`week/six-days/${column}`);

  bench.doing(bench.say("a-week"));
  await bench.advance("7d");
  const expired = await read(`week/expired/${column}`);
  const renewed = await refresh(bench, pair);
  bench.observe(`week/refresh/${column}`, granted(renewed), [expired, renewed.exchange], writes(bench, renewed.exchange));
  if (renewed.status === 200) pair = renewed.body;
  await read(`week/renewed/${column}`);

  bench.doing(bench.say("a-month"));
  await bench.advance("30d");
  await read(`month/expired/${column}`);
  const late = await refresh(bench, pair);
  bench.observe(`month/refresh/${column}`, renewed.status === 200 ? granted(late) : null, [late.exchange]);
  const again = await bench.logIn("jwt");
  bench.observe(`month/log-in-again/${column}`, admission(again.exchange), [again.exchange]);
}

/** What a client does whose access token has expired meanwhile. @param {Bench} bench @param {Pair} pair @returns {Promise<Pair>} */
async function refreshWhereNeeded(bench, pair) {
  const { status } = await bench.send("jwt", "GET", "/me", { bearer: pair.access_token });
  if (status === 200) return pair;
  const renewed = await refresh(bench, pair);
  return renewed.status === 200 ? renewed.body : pair;
}

/** The copy that somebody took at the beginning. @param {Bench} bench @param {string} cell @param {string} copy */
async function stolen(bench, cell, copy) {
  const shown = copy === "" ? null : await bench.elsewhere("jwt", copy);
  bench.observe(cell, admission(shown), [shown]);
}

/** @param {Bench} bench @param {Pair} pair */
const refresh = (bench, { refresh_token }) => bench.send("jwt", "POST", "/token", { form: { grant_type: "refresh_token", refresh_token } });

/** This route refuses with 400 and a reason, and not with 401 (RFC 6749 §5.2). @param {import("/static/js/experiment/bench.js").Sent} sent */
const granted = ({ body, exchange }) => (body.error === "invalid_grant" ? "refused" : admission(exchange));

/** @param {Bench} bench @param {Exchange | null} exchange */
const writes = (bench, exchange) => bench.say("writes", { count: exchange?.steps.filter(({ effect }) => effect === "write").length ?? 0 });

/** @param {Bench} bench */
async function aMonthOfASession(bench) {
  const login = await bench.logIn("session");
  const copy = cookieSetBy(login.exchange);
  /** @type {(cell: string) => Promise<void>} */
  const read = async (cell) => {
    const { exchange } = await bench.send("session", "GET", "/me", { cookies: true });
    bench.observe(cell, login.status === 200 ? admission(exchange) : null, [exchange]);
  };
  /** @type {(cell: string) => Promise<void>} */
  const show = async (cell) => {
    const shown = copy === "" ? null : await bench.elsewhere("session", copy);
    bench.observe(cell, admission(shown), [shown]);
  };
  await read("week/at-once/session");
  await show("stolen/at-once/session");
  await bench.advance("1h");
  await show("stolen/after-an-hour/session");
  await bench.advance("6d");
  await show("stolen/after-six-days/session");
  await read("week/six-days/session");
  await bench.advance("7d");
  await read("week/expired/session");
  await bench.advance("30d");
  await read("month/expired/session");
  const again = await bench.logIn("session");
  bench.observe("month/log-in-again/session", admission(again.exchange), [again.exchange]);
}
