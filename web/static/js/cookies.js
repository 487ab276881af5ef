// @ts-check
/**
 * Reading `Cookie` and `Set-Cookie`, for display. The browser's own parser decides what is kept; this one only shows what
 * the header said (RFC 6265 §4.1.1, §4.2.1).
 */

/**
 * @typedef {object} SetCookie
 * @property {string} name
 * @property {string} value
 * @property {string[]} attributes As written: `HttpOnly`, `SameSite=Lax`, …
 * @property {boolean} deletes Whether it takes the cookie away instead of setting it.
 */

/** @param {string} line @returns {SetCookie} */
export function parseSetCookie(line) {
  const [pair, ...attributes] = line.split(";").map((part) => part.trim());
  const [name, value] = splitPair(pair);
  return { name, value, attributes, deletes: attributes.some(isInThePast) };
}

/** @param {string} line @returns {[name: string, value: string][]} */
export function parseCookies(line) {
  return line.split(";").map((part) => part.trim()).filter((part) => part !== "").map(splitPair);
}

/** @param {string} pair @returns {[string, string]} */
function splitPair(pair) {
  const equals = pair.indexOf("=");
  return equals < 0 ? ["", pair] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

/** Only `Max-Age` is judged by number; a server deletes by `Expires` with a date long past, of which the year is enough.
 * @param {string} attribute */
function isInThePast(attribute) {
  const [name, value] = splitPair(attribute);
  if (name.toLowerCase() === "max-age") return Number(value) <= 0;
  return name.toLowerCase() === "expires" && / 19\d\d /.test(value);
}
