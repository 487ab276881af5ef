// @ts-check
/** What is to be said of a token: whether its signature is the key's, whether its time is now, and what its maker should not have done. */

import { verify } from "../jose.js";
import { fromNow, fullTime, roundSpan } from "../times.js";
import { chooseKeys, secretBytes } from "./keys.js";

/** @typedef {import("./read.js").Read} Read */
/** @typedef {import("./said.js").Said} Said */
/** @typedef {import("./keys.js").Pasted} Pasted */
/** @typedef {"good" | "bad" | "open" | "warning"} Mark */
/** @typedef {Said & {mark: Mark}} Finding */

/** An access token that lives longer is worth stealing (RFC 6750 §5.3: an hour or less). */
const LONG_LIFE = 3_600;
/** What is seconds in no century that matters here. */
const LIKELY_MILLISECONDS = 100_000_000_000;

/** @param {Read} read @param {Pasted} pasted @param {number} now In milliseconds. @returns {Promise<Finding[]>} */
export async function check(read, pasted, now) {
  if (read.faults.length > 0) return read.faults.map((fault) => ({ mark: "bad", ...fault }));
  const header = read.header?.object ?? {};
  const claims = read.payload?.object ?? {};
  return [await signature(read, header, pasted), ...times(claims, now), ...warnings(header, claims, pasted)];
}

/** @param {Read} read @param {Record<string, any>} header @param {Pasted} pasted @returns {Promise<Finding>} */
async function signature(read, header, pasted) {
  if (typeof header.alg === "string" && header.alg.toLowerCase() === "none") return { mark: "bad", id: "workbench-signature-none" };
  if (header.crit !== undefined) return { mark: "bad", id: "workbench-crit", values: { crit: JSON.stringify(header.crit) } };
  if (read.parts[2] === "") return { mark: "bad", id: "workbench-signature-empty" };
  const { keys, why } = await chooseKeys(pasted, header, "verify");
  if (keys === null) return { mark: pasted.kind === "none" ? "open" : "bad", ...why };
  const fits = await Promise.all(keys.map((key) => verify(read.token, key)));
  return fits.includes(true) ? { mark: "good", id: "workbench-signature-good" } : { mark: "bad", id: "workbench-signature-bad" };
}

/** RFC 7519 §4.1.4 to §4.1.6, without leeway. @param {Record<string, any>} claims @param {number} now @returns {Finding[]} */
function times(claims, now) {
  /** @type {Finding[]} */
  const found = [];
  for (const claim of ["exp", "nbf", "iat"]) {
    const value = claims[claim];
    if (value === undefined) continue;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      found.push({ mark: "bad", id: "workbench-time-type", values: { claim } });
      continue;
    }
    if (Math.abs(value) > LIKELY_MILLISECONDS) {
      found.push({ mark: "bad", id: "workbench-time-milliseconds", values: { claim } });
      continue;
    }
    const at = value * 1000;
    const values = { at: fullTime(at), when: fromNow(at - now) };
    if (claim === "exp") found.push(now >= at ? { mark: "bad", id: "workbench-expired", values } : { mark: "good", id: "workbench-not-expired", values });
    else if (at > now) found.push({ mark: "bad", id: claim === "nbf" ? "workbench-not-yet" : "workbench-issued-later", values });
  }
  return found;
}

/** Header members by which a token would choose the key that it is checked with. */
const KEYS_IN_HEADER = ["jku", "jwk", "x5u", "x5c"];
/** Claims that nobody but the bearer should read. */
const SECRETS = /^(password|passwd|pwd|secret|api_?key|private_?key|credit_?card|ssn|pin)$/i;

/** @param {Record<string, any>} header @param {Record<string, any>} claims @param {Pasted} pasted @returns {Finding[]} */
function warnings(header, claims, pasted) {
  const bytes = secretBytes(pasted);
  const least = Number(/^HS(\d+)$/.exec(String(header.alg))?.[1] ?? 0) / 8;
  const life = Number(claims.exp) - Number(claims.iat ?? claims.nbf);
  /** @type {[boolean, string, Record<string, string | number>?][]} */
  const all = [
    [least > 0 && bytes !== null && bytes < least, "workbench-warn-short-secret", { bytes: bytes ?? 0, least, alg: String(header.alg) }],
    ...KEYS_IN_HEADER.map((name) => /** @type {[boolean, string, Record<string, string>]} */ ([name in header, "workbench-warn-header-key", { name }])),
    [claims.exp === undefined, "workbench-warn-no-exp"],
    [life > LONG_LIFE && life < LIKELY_MILLISECONDS, "workbench-warn-long-life", { span: roundSpan(life * 1000) }],
    [claims.aud === undefined, "workbench-warn-no-aud"],
    [claims.iss === undefined, "workbench-warn-no-iss"],
    [!/^(application\/)?at\+jwt$/i.test(String(header.typ)), header.typ === undefined ? "workbench-warn-no-typ" : "workbench-warn-typ", { typ: String(header.typ) }],
    ...Object.keys(claims).filter((name) => SECRETS.test(name)).map((name) => /** @type {[boolean, string, Record<string, string>]} */ ([true, "workbench-warn-secret-claim", { name }])),
  ];
  return all.filter(([applies]) => applies).map(([, id, values]) => ({ mark: "warning", id, values }));
}
