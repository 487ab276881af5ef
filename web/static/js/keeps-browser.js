// @ts-check
/** The panels "the browser keeps" and "this page's script keeps": what travels with the next request, and who holds it. */

import { html } from "./dom.js";
import { elideMiddle, shortToken } from "./elide.js";
import { say, sayCount } from "./i18n.js";
import { instant } from "./jwt.js";
import { span } from "./times.js";

/** @typedef {import("./credentials.js").Credentials} Credentials */

/** @param {string} text @param {string} [kind] */
const chip = (text, kind = "") => html("span", { class: `chip ${kind}`.trim() }, text);

/** @param {Credentials} credentials @returns {HTMLElement[]} */
export function sessionKeeps({ cookie, copied, lineBytes }) {
  const copy = copied.session !== null && copied.session !== cookie?.value ? copyChip(elideMiddle(copied.session)) : null;
  if (cookie === null) return [html("p", { class: "nothing" }, say("browser-keeps-nothing")), ...some(copy)];
  const chips = [
    ...cookie.attributes.map((attribute) => chip(attribute)),
    ...some(bytesChip(lineBytes.session)),
    ...some(copy),
  ];
  const kept = html("code", { class: "kept", title: say("cookie-title") }, `${cookie.name} = ${elideMiddle(cookie.value)}`);
  return [html("div", { class: "chips" }, kept, ...chips)];
}

/** @param {Credentials} credentials @param {number} now @returns {HTMLElement[]} */
export function tokenKeeps({ access, refresh, copied, lineBytes }, now) {
  const copy = copied.token !== null && copied.token !== access?.text ? copyChip(elideMiddle(copied.token, 3, 6)) : null;
  if (access === null) return [html("p", { class: "nothing" }, say("script-keeps-nothing")), ...some(copy)];
  const expires = instant(access.token, "exp");
  const chips = [
    chip(say("in-memory")),
    ...some(expires === null ? null : expiryChip("expires-in", "expired", expires, now)),
    ...some(bytesChip(lineBytes.token)),
    ...some(refresh === null ? null : expiryChip("refresh-expires-in", "refresh-expired", refresh.expiresAt, now)),
    ...some(copy),
  ];
  const token = html("button", { class: "kept token-text", type: "button", title: say("read-token"), "data-reads": "access" });
  for (const { text, tone } of shortToken(access.text)) token.append(html("span", { class: tone }, text));
  return [html("div", { class: "chips" }, token, ...chips)];
}

/** @param {"expires-in" | "refresh-expires-in"} running @param {"expired" | "refresh-expired"} over
 * @param {number} at @param {number} now */
function expiryChip(running, over, at, now) {
  // says: expired, refresh-expired
  if (now >= at) return chip(`✗ ${say(over)}`, "over");
  // says: expires-in, refresh-expires-in
  const left = say(running, { span: span(at - now) });
  return html("span", { class: "chip", "data-expires": at, "data-say": running }, left);
}

/** @param {number | null} count */
function bytesChip(count) {
  if (count === null) return null;
  const bytes = chip(sayCount(count, { one: "bytes-a-request-one", other: "bytes-a-request-other" }));
  bytes.title = say("bytes-title");
  return bytes;
}

/** @param {string} value */
const copyChip = (value) => chip(say("copied", { value }), "copy");

/** @template Kind @param {Kind | null} item @returns {Kind[]} */
const some = (item) => (item === null ? [] : [item]);
