// @ts-check
/** Small judgements that a script makes of the record. What is not on record is neither one thing nor the other: null. */

import { header } from "../exchange.js";

/** @typedef {import("../exchange.js").Exchange} Exchange */

/** Whether a request brought a cookie of this name, or, with a value, that very one; null for a request that never came.
 * @param {Exchange | null | undefined} exchange @param {string} name @param {string} [value] */
export function bringsCookie(exchange, name, value = "") {
  if (exchange === null || exchange === undefined) return null;
  return (header(exchange.request, "cookie") ?? "").split("; ").some((pair) => pair.startsWith(`${name}=${value}`));
}

/** One of two outcomes; null stays null. @param {boolean | null} is @param {string} yes @param {string} no */
export const either = (is, yes, no) => (is === null ? null : is ? yes : no);
