// @ts-check
/** What the members of a header and the claims mean, line by line. */

import { html } from "../dom.js";
import { say } from "../i18n.js";
import { fromNow, fullTime } from "../times.js";

const TIMES = ["exp", "nbf", "iat", "auth_time"];
/** Members whose meaning the catalogue tells, as `workbench-header-…` (RFC 7515 §4.1, RFC 7516 §4.1). */
const HEADER = ["alg", "typ", "cty", "kid", "jku", "jwk", "x5u", "x5c", "x5t", "crit", "enc"];
/** Claims that it tells, as `workbench-claim-…` (RFC 7519 §4.1, RFC 9068 §2.2, OpenID Connect Core §2, RFC 7800). */
const CLAIMS = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "azp", "nonce", "auth_time", "acr", "amr", "sid", "cnf",
  "name", "email", "preferred_username", "roles", "groups"];

/** @param {Record<string, any>} header */
export function headerMeanings(header) {
  // says: workbench-header-*
  return rows(header, (name) => say(HEADER.includes(name) ? `workbench-header-${name}` : "workbench-header-unknown"), () => null);
}

/** @param {Record<string, any>} claims @param {number} now In milliseconds. */
export function claimMeanings(claims, now) {
  // says: workbench-claim-*
  return rows(claims, (name) => say(CLAIMS.includes(name) ? `workbench-claim-${name}` : "workbench-claim-unknown"), (name, value) => time(name, value, now));
}

/** @param {string} name @param {unknown} value @param {number} now */
function time(name, value, now) {
  if (!TIMES.includes(name) || typeof value !== "number" || Math.abs(value) > 8e12) return null;
  return say("workbench-time", { at: fullTime(value * 1000), when: fromNow(value * 1000 - now) });
}

/** @param {Record<string, any>} object @param {(name: string) => string} meaning @param {(name: string, value: unknown) => string | null} inWords */
function rows(object, meaning, inWords) {
  return Object.entries(object).map(([name, value]) => {
    const words = inWords(name, value);
    return html("div", {},
      html("dt", { translate: "no" }, name),
      html("dd", {}, words === null ? null : html("strong", {}, words), words === null ? null : " ", html("span", {}, meaning(name))));
  });
}
