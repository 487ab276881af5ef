// @ts-check
/** Forges tokens in the page, eleven ways, and shows each to a verifier with one flaw and to the bank's. */

import { admission, jsonObject, pathOf } from "/static/js/exchange.js";
import { decodeUnverified } from "/static/js/jwt.js";
import { crack } from "./crack.js";
import { edited, ownKey, underAFile, underASecret, underThePublicKey, withAnAddress, withItsKey, withoutSignature } from "./forge.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {import("./forge.js").Own} Own */

/** The sample that goes round in notes and tutorials. */
const SAMPLE = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

/** Which flaw each forgery is for. */
const FLAWS = {
  "genuine": "dangerously-accept-none",
  "no-signature": "dangerously-accept-none",
  "edited": "dangerously-decode-only",
  "confusion": "dangerously-algorithm-from-token",
  "weak-secret": "dangerously-weak-secret",
  "kid-path": "dangerously-kid-is-a-path",
  "own-key": "dangerously-key-from-header",
  "own-address": "dangerously-key-from-url",
  "audience": "dangerously-any-audience",
  "issuer": "dangerously-any-issuer",
  "type": "dangerously-any-type",
  "expired": "dangerously-hour-of-leeway",
};

/** @param {Bench} bench */
export async function run(bench) {
  const token = await tokenOf(bench, "mallory");
  await show(bench, "genuine", token, "mallory");
  const read = decodeUnverified(token);
  if (read === null) return; // The bank carries its tokens otherwise, by a setting: there is nothing to start from.
  const own = { ...read, token };

  await show(bench, "no-signature", withoutSignature(own));
  await show(bench, "edited", edited(own));
  if (crypto.subtle === undefined) withoutCrypto(bench);
  else await withCrypto(bench, own);
  await genuineElsewhere(bench);
}

/** The access token of a user, signed by the bank. @param {Bench} bench @param {string} username @returns {Promise<string>} */
async function tokenOf(bench, username) {
  return String((await bench.logIn("jwt", username)).body.access_token);
}

/** @param {Bench} bench @param {Own} own */
async function withCrypto(bench, own) {
  const jwks = await bench.send("jwt", "GET", "/.well-known/jwks.json");
  const jwk = jwks.body.keys?.[0];
  if (jwk?.crv === "Ed25519") await show(bench, "confusion", await underThePublicKey(own, jwk));
  else for (const who of ["naive", "bank"]) bench.notObservable(`attacks/confusion/${who}`, bench.say("other-algorithm"));

  const file = await bench.send("jwt", "GET", "/stage/naive/public/robots.txt");
  await show(bench, "kid-path", await underAFile(own, file.exchange?.response.body ?? ""));

  const pair = await ownKey();
  await show(bench, "own-key", await withItsKey(own, pair));
  await show(bench, "own-address", await withAnAddress(own, pair, bench.origins.evil));
  await secrets(bench, own);
}

/** Tries a list of words under three secrets; with the one that it finds, it forges. @param {Bench} bench @param {Own} own */
async function secrets(bench, own) {
  await guess(bench, "sample", SAMPLE, []);
  const weak = await bench.send("jwt", "GET", "/stage/naive/issue?secret=dangerously-weak");
  const secret = await guess(bench, "weak", String(weak.body.token), [weak.exchange]);
  if (secret !== null) await show(bench, "weak-secret", await underASecret(own, secret));
  const random = await bench.send("jwt", "GET", "/stage/naive/issue?secret=random");
  await guess(bench, "random", String(random.body.token), [random.exchange]);
}

/** @param {Bench} bench @param {string} row @param {string} token @param {(Exchange | null)[]} exchanges */
async function guess(bench, row, token, exchanges) {
  if (decodeUnverified(token) === null) return null;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const rate = (/** @type {number} */ tries, /** @type {number} */ milliseconds) =>
    number.format(Math.round((tries / Math.max(milliseconds, 1)) * 1000));
  const { secret, tries, milliseconds } = await crack(token, (done, all, taken) => {
    bench.doing(bench.say("guessing", { row: bench.say(row), tries: number.format(done), all: number.format(all), rate: rate(done, taken) }), done / all);
  });
  const values = { secret: secret ?? "", tries: number.format(tries), seconds: number.format(Math.round(milliseconds) / 1000), rate: rate(tries, milliseconds) };
  bench.observe(`guessing/${row}/words`, secret === null ? "not-found" : "found", exchanges, bench.say(secret === null ? "not-among" : "it-is", values));
  return secret;
}

/** Tokens that the bank's own key has signed, and that are shown where, or when, they do not belong. @param {Bench} bench */
async function genuineElsewhere(bench) {
  const idToken = await bench.send("jwt", "GET", "/stage/naive/id-token");
  await show(bench, "type", String(idToken.body.id_token));
  const token = await tokenOf(bench, "alice");
  await bench.use({ "jwt.audience": "newsletter" });
  const forNewsletter = await tokenOf(bench, "alice");
  await bench.use({ "jwt.issuer": "https://staging.bank.example" });
  const fromStaging = await tokenOf(bench, "alice");
  await bench.use({});
  await show(bench, "audience", forNewsletter);
  await show(bench, "issuer", fromStaging);
  await bench.advance("16m");
  await show(bench, "expired", token);
}

/** Shows a token to the naive verifier of its row, and to the bank. Believed is who is taken for whom the token says: anything
 * else that was answered is no result.
 * @param {Bench} bench @param {keyof typeof FLAWS} row @param {string} bearer @param {string} [user] */
async function show(bench, row, bearer, user = "alice") {
  for (const { name } of bench.sides) await (name === "broken" ? showToNaive : showToBank)(bench, row, bearer, user);
}

/** @param {Bench} bench @param {keyof typeof FLAWS} row @param {string} bearer @param {string} user */
async function showToNaive(bench, row, bearer, user) {
  const { exchange: naive } = await bench.send("jwt", "GET", `/stage/naive/me?flaw=${FLAWS[row]}`, { bearer });
  const said = jsonObject(naive?.response.body ?? null);
  const fetched = bench.exchanges.filter((exchange) => pathOf(exchange) === "/stage/naive/jwks");
  const cameFor = row !== "own-address" || fetched.length > 0;
  const believed = said?.believed === true && said.user === user && cameFor;
  const outcome = believed ? "believed" : said?.believed === false ? "refused" : null;
  const beside = believed ? bench.say("takes-you-for", { user }) : said === null ? null : String(said.reason);
  bench.observe(`attacks/${row}/naive`, outcome, row === "own-address" ? [naive, ...fetched] : [naive], beside);
}

/** @param {Bench} bench @param {keyof typeof FLAWS} row @param {string} bearer @param {string} user */
async function showToBank(bench, row, bearer, user) {
  const { exchange: bank } = await bench.send("jwt", "GET", "/me", { bearer });
  const admitted = admission(bank);
  const isThem = jsonObject(bank?.response.body ?? null)?.username === user;
  const why = bank?.steps.find((step) => step.phase === "authentication")?.result ?? null;
  const answer = admitted === "refused" ? "refused" : admitted === "accepted" && isThem ? "believed" : null;
  bench.observe(`attacks/${row}/bank`, answer, [bank], answer === "refused" ? why : bench.say("takes-you-for", { user }));
}

/** WebCrypto is missing on plain http that is not localhost. @param {Bench} bench */
function withoutCrypto(bench) {
  for (const row of ["confusion", "weak-secret", "kid-path", "own-key", "own-address"]) {
    for (const who of ["naive", "bank"]) bench.notObservable(`attacks/${row}/${who}`, bench.say("no-crypto"));
  }
  for (const row of ["sample", "weak", "random"]) bench.notObservable(`guessing/${row}/words`, bench.say("no-crypto"));
}
