// @ts-check
/**
 * A JWT for display. Nothing here verifies anything: that is the point to be made, since anyone can read a token, and only
 * the holder of the key can make one.
 */

import { decode } from "./jose.js";

/** @typedef {{header: Record<string, unknown>, claims: Record<string, unknown>, parts: [string, string, string]}} Unverified */

/** The three parts, or null when the text is no compact JWS (RFC 7515 §7.1).
 * @param {string} text @returns {[string, string, string] | null} */
export function parts(text) {
  const split = text.split(".");
  const whole = split.length === 3 && split.every((part) => /^[\w-]+$/.test(part));
  return whole ? [split[0], split[1], split[2]] : null;
}

/** Reads header and claims without checking the signature; null when it is no JWT.
 * @param {string} text @returns {Unverified | null} */
export function decodeUnverified(text) {
  const split = parts(text);
  if (split === null) return null;
  try {
    return { header: objectIn(split[0]), claims: objectIn(split[1]), parts: split };
  } catch {
    return null;
  }
}

/** @param {string} part @returns {Record<string, unknown>} */
function objectIn(part) {
  const value = JSON.parse(utf8(part));
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return value;
}

/** @param {string} base64url */
const utf8 = (base64url) => new TextDecoder("utf-8", { fatal: true }).decode(decode(base64url));

/** A claim that is a time, in milliseconds; null when it is missing or no number.
 * @param {Unverified | null} token @param {"exp" | "iat" | "nbf"} claim */
export function instant(token, claim) {
  const seconds = token?.claims[claim];
  return typeof seconds === "number" ? seconds * 1000 : null;
}
