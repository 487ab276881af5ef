// @ts-check
/** Logs in with a key that cannot be read, and lets a thief try everything that can be copied, and what cannot. */

import { admission, jsonObject } from "/static/js/exchange.js";
import { withShortTimes } from "/static/js/times.js";
import { canExport, canMakeKeys, forgetKey, keepKey, keptKey, makeKey, prove } from "/static/js/experiment/possession.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** How much later a proof is used that was signed ahead; the access token outlives it. */
const LATER = { step: "15m", milliseconds: 15 * 60_000 };
const SETTINGS = { "jwt.access_lifetime": "1h" };

/** @param {Bench} bench */
export async function run(bench) {
  try {
    for (const { name, settings } of bench.sides) {
      if (name === "sound" && !canMakeKeys()) {
        notObservable(bench);
        continue;
      }
      await bench.use({ ...SETTINGS, ...settings });
      bench.doing(bench.say(`login-${name}`));
      const client = await Client.logIn(bench);
      // Whoever has no token, or another kind of token than this column is about, shows nothing of it.
      if (client === null || client.isBound !== (name === "sound")) continue;
      await theft(bench, name, client);
      await covers(bench, name, client);
      // A login of its own: the refresh token of the first was in a thief's hands.
      const fresh = await Client.logIn(bench);
      if (fresh !== null) await inside(bench, name, fresh);
    }
  } finally {
    if (canMakeKeys()) await forgetKey();
  }
}

/** A client as the bank's own page would have it: it proves what it has a key for, and uses the token as the answer says. */
class Client {
  /** @param {Bench} bench @param {CryptoKeyPair | null} pair */
  constructor(bench, pair) {
    this.bench = bench;
    this.pair = pair;
    this.token = "";
    this.refresh = "";
    this.isBound = false;
  }

  /** @param {Bench} bench @returns {Promise<Client | null>} */
  static async logIn(bench) {
    const pair = canMakeKeys() ? await makeKey() : null;
    if (pair !== null) await keepKey(pair);
    const client = new Client(bench, pair);
    const proof = pair === null ? {} : { DPoP: await prove(pair, client.request("POST", "/login")) };
    const { body } = await bench.logIn("jwt", "alice", proof);
    if (typeof body.access_token !== "string") return null;
    client.token = body.access_token;
    client.refresh = body.refresh_token;
    client.isBound = body.token_type === "DPoP";
    return client;
  }

  /** @param {string} method @param {string} path @param {number} [later] In milliseconds from now. */
  request(method, path, later = 0) {
    return { method, address: `${this.bench.origins.jwt}${path}`, at: this.bench.now + later };
  }

  /** A proof for a use of the token; undefined where none is asked for. @param {string} method @param {string} path @param {number} [later]
   * @param {CryptoKeyPair | null | undefined} [pair] */
  async proof(method, path, later = 0, pair = this.pair) {
    if (!this.isBound || !pair) return undefined;
    return prove(pair, { ...this.request(method, path, later), token: this.token });
  }

  /** @param {string | undefined} proof @returns {Record<string, string>} */
  headers(proof) {
    return proof === undefined ? { Authorization: `Bearer ${this.token}` } : { Authorization: `DPoP ${this.token}`, DPoP: proof };
  }

  /** The thief's client sends the copied token. @param {string} [proof] */
  elsewhere(proof) {
    return this.bench.elsewhere("jwt", this.token, proof === undefined ? {} : { proof });
  }
}

/** @param {Bench} bench @param {string} side @param {Client} client */
async function theft(bench, side, client) {
  const proof = await client.proof("GET", "/me");
  const own = await bench.send("jwt", "GET", "/me", { headers: client.headers(proof) });
  note(bench, `theft/own-use/${side}`, [own.exchange]);

  bench.doing(bench.say("theft"));
  const thief = client.isBound ? await makeKey() : null;
  note(bench, `theft/copied-token/${side}`, await untilAccepted([
    () => client.elsewhere(),
    async () => client.elsewhere(await client.proof("GET", "/me", 0, thief)),
  ].slice(0, client.isBound ? 2 : 1)));
  // Only what was accepted once is captured worth replaying.
  if (admission(own.exchange) === "accepted") note(bench, `theft/captured-request/${side}`, [await client.elsewhere(proof)]);

  const forged = async () => (thief === null ? {} : { proof: await prove(thief, client.request("POST", "/token")) });
  note(bench, `theft/copied-refresh/${side}`, await untilAccepted([
    () => bench.elsewhere("jwt", client.refresh, { to: "refresh" }),
    async () => bench.elsewhere("jwt", client.refresh, { to: "refresh", ...(await forged()) }),
  ].slice(0, client.isBound ? 2 : 1)));
}

/** @param {Bench} bench @param {string} side @param {Client} client */
async function covers(bench, side, client) {
  bench.doing(bench.say("covers"));
  note(bench, `covers/other-method/${side}`, [await client.elsewhere(await client.proof("POST", "/me"))]);
  note(bench, `covers/other-path/${side}`, [await client.elsewhere(await client.proof("GET", "/notes"))]);

  // The page has this one signed for a payment to bob; on its way somebody writes another payee into the body.
  const proof = await client.proof("POST", "/transfers");
  const json = { to: "mallory", amount_minor: 1, idempotency_key: crypto.getRandomValues(new Uint32Array(2)).join("-") };
  const { exchange } = await bench.send("jwt", "POST", "/transfers", { json, headers: client.headers(proof) });
  const payee = jsonObject(exchange?.response.body ?? null)?.to;
  const said = typeof payee === "string" && client.isBound ? bench.say("payee", { payee }) : null;
  note(bench, `covers/altered-body/${side}`, [exchange], said);
}

/** A script that somebody has put into the page finds the key where the page keeps it.
 * @param {Bench} bench @param {string} side @param {Client} client */
async function inside(bench, side, client) {
  bench.doing(bench.say("inside"));
  const found = client.isBound ? await keptKey() : undefined;
  if (found !== undefined) {
    bench.observe(`inside/key/${side}`, (await canExport(found)) ? "exported" : "not-exported", []);
  }
  const sign = (/** @type {number} */ later) => client.proof("GET", "/me", later, found);
  const ridden = await bench.send("jwt", "GET", "/me", { headers: client.headers(await sign(0)) });
  note(bench, `inside/ridden/${side}`, [ridden.exchange]);

  const [ahead, postdated, spare] = [await sign(0), await sign(LATER.milliseconds), await sign(LATER.milliseconds)];
  const renewal = found === undefined ? {} : { proof: await prove(found, client.request("POST", "/token", LATER.milliseconds)) };
  bench.doing(bench.say("later"));
  await bench.advance(LATER.step);
  note(bench, `inside/signed-ahead/${side}`, [await client.elsewhere(ahead)]);
  note(bench, `inside/postdated/${side}`, [await client.elsewhere(postdated)]);
  const renewed = await bench.elsewhere("jwt", client.refresh, { to: "refresh", ...renewal });
  note(bench, `inside/postdated-refresh/${side}`, [renewed]);
  const token = jsonObject(renewed?.response.body ?? null)?.access_token;
  if (typeof token !== "string") return;
  // The proofs that were carried off contain the hash of the token of then.
  note(bench, `inside/what-it-got/${side}`, await untilAccepted([
    () => bench.elsewhere("jwt", token),
    () => bench.elsewhere("jwt", token, { proof: spare }),
  ].slice(0, client.isBound ? 2 : 1)));
}

/** Makes attempts until one is accepted; what one try gets is enough for a thief.
 * @param {(() => Promise<Exchange | null>)[]} attempts */
async function untilAccepted(attempts) {
  const made = [];
  for (const attempt of attempts) {
    const exchange = await attempt();
    made.push(exchange);
    if (judged(exchange) === "accepted") break;
  }
  return made;
}

/** Accepted where one attempt was; refused where every one was.
 * @param {Bench} bench @param {string} cell @param {(Exchange | null)[]} exchanges @param {string | null} [said] */
function note(bench, cell, exchanges, said = null) {
  const outcomes = exchanges.map(judged);
  const accepted = outcomes.includes("accepted");
  const outcome = accepted ? "accepted" : outcomes.every((one) => one === "refused") ? "refused" : null;
  // Why, as the server's own step has it; the answer to the client does not say.
  const why = outcome === "refused" ? exchanges.map(reason).filter((one) => one !== null).join("; ") : "";
  bench.observe(cell, outcome, exchanges, said ?? (why === "" ? null : why));
}

/** As `admission`, and by the words of OAuth, which refuses a refresh with 400 (RFC 6749 §5.2).
 * @param {Exchange | null} exchange */
function judged(exchange) {
  const error = jsonObject(exchange?.response.body ?? null)?.error;
  if (exchange?.response.status === 400 && (error === "invalid_grant" || error === "invalid_dpop_proof")) return "refused";
  return admission(exchange);
}

/** @param {Exchange | null} exchange */
function reason(exchange) {
  const step = exchange?.steps.findLast(({ name }) => name === "check DPoP proof" || name === "UPDATE family");
  return step?.result == null ? null : withShortTimes(step.result, Date.parse(exchange?.at ?? ""));
}

/** @param {Bench} bench */
function notObservable(bench) {
  const why = bench.say("no-crypto");
  const rows = {
    theft: ["own-use", "copied-token", "copied-refresh", "captured-request"],
    covers: ["other-method", "other-path", "altered-body"],
    inside: ["key", "ridden", "signed-ahead", "postdated", "postdated-refresh", "what-it-got"],
  };
  for (const [matrix, names] of Object.entries(rows)) {
    for (const name of names) bench.notObservable(`${matrix}/${name}/sound`, why);
  }
}
