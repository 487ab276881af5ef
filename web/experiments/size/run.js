// @ts-check
/** Weighs both credentials, and lets a token grow by its audience, the one claim whose length a setting decides. */

import { admission, credentialOf, header, readsOf } from "/static/js/exchange.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

const SIZES = [0, 1_000, 2_000, 5_000, 9_000];
const BORDER = [4_095, 4_096, 4_097];
const NAME = "__Host-size";

/** @param {Bench} bench */
export async function run(bench) {
  await weigh(bench);
  for (const [at, size] of SIZES.entries()) {
    bench.doing(bench.say("growing", { bytes: size }), at / (SIZES.length + 2));
    for (const transport of ["header", "cookie"]) await grow(bench, size, transport);
    await bench.logIn("session");
    const { exchange } = await bench.send("session", "GET", "/me", { cookies: true });
    bench.observe(`grows/bytes-${size}/session`, admission(exchange), [exchange], weight(bench, exchange));
  }
  for (const length of BORDER) {
    await bench.setCookies("session", [`${NAME}=${"x".repeat(length - NAME.length)}; Path=/; Secure; SameSite=Lax`]);
    const { exchange } = await bench.send("session", "GET", `/stage/echo/border-${length}`, { cookies: true });
    const kept = exchange === null ? null : header(exchange.request, "cookie")?.includes(`${NAME}=`) ? "kept" : "gone";
    bench.observe(`limit/length-${length}/cookie`, kept, [exchange]);
    await bench.setCookies("session", [`${NAME}=; Path=/; Secure; SameSite=Lax; Max-Age=0`]);
  }
}

/** @param {Bench} bench */
async function weigh(bench) {
  await bench.logIn("session");
  await bench.logIn("jwt");
  const session = (await bench.send("session", "GET", "/me", { cookies: true })).exchange;
  const token = (await bench.send("jwt", "GET", "/me", { bearer: bench.tokens.access_token })).exchange;
  if (bytes(session) === 0 || bytes(token) === 0) return;
  const heavier = bytes(token) > bytes(session) ? token : session;
  for (const [column, exchange] of /** @type {[string, Exchange | null][]} */ ([["session", session], ["token", token]])) {
    bench.observe(`price/bytes/${column}`, exchange === heavier ? "heavier" : "lighter", [exchange], weight(bench, exchange));
    bench.observe(`price/reads/${column}`, readsOf(exchange), [exchange]);
  }
}

/** @param {Bench} bench @param {number} size @param {string} transport */
async function grow(bench, size, transport) {
  await bench.use({ "jwt.audience": `bank${"-".repeat(size > 0 ? 1 : 0)}${"x".repeat(Math.max(0, size - 1))}`, "jwt.transport": transport });
  const login = await bench.logIn("jwt");
  if (login.status !== 200) return; // Nothing was handed out that could be too heavy.
  const call = transport === "header" ? { bearer: login.body.access_token } : { cookies: true };
  const { exchange } = await bench.send("jwt", "GET", "/me", call);
  const came = exchange !== null && credentialOf(exchange) !== null;
  const outcome = exchange !== null && !came ? "dropped" : admission(exchange);
  const note = !came ? null : outcome === "refused" ? refusal(bench, exchange) : weight(bench, exchange);
  bench.observe(`grows/bytes-${size}/token-${transport}`, outcome, [login.exchange, exchange], note);
  if (transport === "cookie") await bench.send("jwt", "POST", "/logout", { ...call, json: { refresh_token: login.body.refresh_token } });
}

/** The bytes of the header that carries the credential. @param {Exchange | null} exchange */
function bytes(exchange) {
  const credential = exchange === null ? null : credentialOf(exchange);
  return credential === null ? 0 : credential.header.length + credential.value.length + 2;
}

/** @param {Bench} bench @param {Exchange} exchange */
const refusal = (bench, exchange) => bench.say("refusal", { bytes: bytes(exchange), status: exchange.response.status });

/** @param {Bench} bench @param {Exchange | null} exchange */
const weight = (bench, exchange) => bench.say("weighs", { bytes: bytes(exchange) });
