// @ts-check
/** Takes two tokens apart in the page, changes one in three ways, and puts a genuine one on a request that is not. */

import { admission } from "/static/js/exchange.js";
import { decode, encode, secretKey, verify } from "/static/js/jose.js";
import { decodeUnverified } from "/static/js/jwt.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** The sample that goes round, and the secret that is printed beside it. */
const SAMPLE = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
const SECRET = "your-256-bit-secret";

/** @param {Bench} bench */
export async function run(bench) {
  const login = await bench.logIn("jwt");
  const token = login.body.access_token;
  readIt(bench, "notes-sample", SAMPLE, []);
  readIt(bench, "bank-token", token, [login.exchange]);
  await underTheSecret(bench);

  const [header, payload, signature] = token.split(".");
  const changed = {
    "untouched": token,
    "claim": [header, edit(payload, (claims) => ({ ...claims, username: "bob", sub: "2" })), signature].join("."),
    "header": [edit(header, (fields) => ({ ...fields, alg: "HS256" })), payload, signature].join("."),
    "signature": [header, payload, (signature.startsWith("A") ? "B" : "A") + signature.slice(1)].join("."),
    "notes-sample": SAMPLE,
  };
  for (const [row, bearer] of Object.entries(changed)) {
    const { exchange } = await bench.send("jwt", "GET", "/me", { bearer });
    const outcome = admission(exchange);
    const why = exchange?.steps.find((step) => step.phase === "authentication")?.result ?? null;
    bench.observe(`changing/${row}/bank`, outcome, [exchange], outcome === "refused" ? why : null);
  }
  await whatItProves(bench, token);
}

/** @param {Bench} bench @param {string} row @param {string} token @param {(Exchange | null)[]} exchanges */
function readIt(bench, row, token, exchanges) {
  const parts = token.split(".").length;
  bench.observe(`reading/parts/${row}`, parts === 3 ? "three" : "five", exchanges);
  const read = decodeUnverified(token);
  const claims = read === null ? null : start(JSON.stringify(read.claims));
  bench.observe(`reading/without-key/${row}`, read === null ? "unreadable" : "readable", exchanges, claims === null ? null : bench.say("says", { claims }));
}

/** @param {Bench} bench */
async function underTheSecret(bench) {
  const cell = "reading/known-secret/notes-sample";
  if (crypto.subtle === undefined) return bench.notObservable(cell, bench.say("no-crypto"));
  const matches = await verify(SAMPLE, await secretKey(SECRET));
  bench.observe(cell, matches ? "matches" : "does-not-match", []);
}

/** Sends a transfer, then the same token on an altered one, as somebody at the wire could; that once more to the letter; and once
 * more under a key of idempotency that is new.
 * @param {Bench} bench @param {string} bearer */
async function whatItProves(bench, bearer) {
  const transfer = (/** @type {number} */ amount_minor, /** @type {string} */ to, /** @type {string} */ key) =>
    bench.send("jwt", "POST", "/transfers", { bearer, json: { to, amount_minor, idempotency_key: `${bench.run}-${key}`, note: "" } });
  const meant = await transfer(1, "bob", "meant");
  const altered = await transfer(2, "mallory", "altered");
  bench.observe("proves/altered-body/bank", admission(altered.exchange), [meant.exchange, altered.exchange], moved(bench, altered));
  const replayed = await transfer(2, "mallory", "altered");
  bench.observe("proves/replayed/bank", admission(replayed.exchange), [altered.exchange, replayed.exchange], moved(bench, replayed));
  const renewed = await transfer(2, "mallory", "once-more");
  bench.observe("proves/new-key/bank", admission(renewed.exchange), [renewed.exchange], moved(bench, renewed));
}

/** What became of the money: 201 moves it, 200 is the receipt of an earlier request.
 * @param {Bench} bench @param {import("/static/js/experiment/bench.js").Sent} sent */
function moved(bench, { status, body }) {
  if (status === 200) return bench.say("nothing-moved");
  return status === 201 ? bench.say("moved", { amount: body.amount_minor, to: body.to }) : null;
}

/** As much of a text as a cell has room for. @param {string} text */
const start = (text) => (text.length > 70 ? `${text.slice(0, 70)}…` : text);

/** A part of a token, changed and written anew. @param {string} part @param {(object: Record<string, unknown>) => unknown} change */
function edit(part, change) {
  return encode(JSON.stringify(change(JSON.parse(new TextDecoder().decode(decode(part))))));
}
