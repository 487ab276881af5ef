// @ts-check
/** Asks for a token that is user, time and signature; changes each; waits; and carries it to another service. */

import { encode, secretKey, sign } from "/static/js/jose.js";

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */

/** @param {Bench} bench */
export async function run(bench) {
  const issued = await bench.send("jwt", "GET", "/stage/simple/issue?user=1");
  const [user, time, signature] = String(issued.body.token).split(".");

  const tries = {
    "as-issued": `${user}.${time}.${signature}`,
    "other-user": `2.${time}.${signature}`,
    "other-time": `${user}.${Number(time) + 60}.${signature}`,
    "made-up": `${user}.${time}.${await ownSignature(`${user}.${time}`)}`,
  };
  for (const [row, token] of Object.entries(tries)) await observe(bench, row, "jwt", token);
  await observe(bench, "elsewhere", "partner", tries["as-issued"]);

  await whatItSays(bench, String(issued.body.token));
  await bench.advance("16m");
  await observe(bench, "too-old", "jwt", tries["as-issued"]);
}

/** Holds the parts of the token against what its verifier makes of them; whatever else a token says would be a part more.
 * @param {Bench} bench @param {string} token */
async function whatItSays(bench, token) {
  const { body, exchange } = await bench.send("jwt", "GET", "/stage/simple/verify", { bearer: token });
  if (body.believed !== true) return;
  const [user, time, , ...more] = token.split(".");
  const says = {
    "whom": user === String(body.user),
    "when": Number(time) * 1000 === Date.parse(body.issued_at),
    "for-whom": more.length > 0,
    "until-when": more.length > 0,
  };
  for (const [row, isIn] of Object.entries(says)) bench.observe(`says/${row}/token`, isIn ? "in-the-token" : "not-in-it", [exchange]);
}

/** @param {Bench} bench @param {string} row @param {"jwt" | "partner"} server @param {string} bearer */
async function observe(bench, row, server, bearer) {
  const { body, exchange } = await bench.send(server, "GET", "/stage/simple/verify", { bearer });
  const believed = body.believed === undefined ? null : body.believed ? "believed" : "refused"; // Null: the service said nothing.
  bench.observe(`belief/${row}/bank`, believed, [exchange], body.reason ?? null);
}

/** A signature of the right form under a key that is not the bank's. @param {string} text */
async function ownSignature(text) {
  const random = crypto.getRandomValues(new Uint8Array(32));
  if (crypto.subtle === undefined) return encode(random); // A plain-http address: any 32 bytes will do.
  return (await sign(text, await secretKey(random))).slice(text.length + 1);
}
