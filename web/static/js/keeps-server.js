// @ts-check
/** The panels "the server keeps": the rows of its store, as `/lab/state` lists them. */

import { html } from "./dom.js";
import { say, sayCount } from "./i18n.js";
import { shortTime } from "./times.js";

/** @typedef {import("./api.js").SessionRow} SessionRow */
/** @typedef {import("./api.js").FamilyRow} FamilyRow */

/** @type {Record<string, string>} */
const REASONS = {
  logged_out: "revoked-logged-out",
  reused: "revoked-reused",
  user_banned: "revoked-user-banned",
  password_changed: "revoked-password-changed",
  administrator: "revoked-administrator",
};

/** @param {SessionRow[]} rows @param {number} now @returns {HTMLElement[]} */
export function sessionRows(rows, now) {
  const count = sayCount(rows.length, { one: "rows-one", other: "rows-other" });
  const sorted = newestFirst(rows, (row) => row.live);
  return [html("strong", { class: "count" }, count), ...sorted.map((row) => sessionRow(row, now))];
}

/** @param {SessionRow} row @param {number} now */
function sessionRow(row, now) {
  const time = (/** @type {string} */ at) => shortTime(Date.parse(at), now);
  const [seen, idle, ends] = [time(row.seen_at), time(row.idle_expires_at), time(row.expires_at)];
  const id = row.id.slice(0, 4);
  const text = say("session-row", { id, user: row.username, seen, idle, ends });
  const live = row.live ? null : html("span", { class: "chip over" }, `✗ ${say("row-expired")}`);
  return html("div", { class: row.live ? "row" : "row dead", "data-row": row.id, title: row.device }, live, html("code", {}, text));
}

/** @param {FamilyRow[]} families @param {number} now @returns {HTMLElement[]} */
export function familyRows(families, now) {
  const zero = html("strong", { class: "count" }, sayCount(0, { one: "rows-one", other: "rows-other" }));
  const head = html("div", {}, zero, " ", html("span", { class: "for" }, say("for-access-token")));
  const sorted = newestFirst(families, (family) => family.state === "live");
  return [head, ...sorted.map((family) => familyRow(family, now))];
}

/** @param {FamilyRow} family @param {number} now */
function familyRow(family, now) {
  const live = family.state === "live";
  const id = family.id.slice(0, 4);
  const ends = shortTime(Date.parse(family.expires_at), now);
  const text = say("family-row", { id, user: family.username, generation: family.generation, ends });
  const state = live ? null : html("span", { class: "chip over" }, `✗ ${endOf(family)}`);
  return html("div", { class: live ? "row" : "row dead", "data-row": family.id, title: family.device }, state, html("code", {}, text));
}

/** What still counts comes first, and what came last: the panel is small. RFC 3339 in UTC sorts as text.
 * @template {{created_at: string}} Row @param {Row[]} rows @param {(row: Row) => boolean} isLive */
function newestFirst(rows, isLive) {
  return rows.toSorted((a, b) => Number(isLive(b)) - Number(isLive(a)) || b.created_at.localeCompare(a.created_at));
}

/** @param {FamilyRow} family */
function endOf({ state, reason }) {
  if (state === "expired") return say("row-expired");
  // says: revoked-*
  return reason !== null && reason in REASONS ? say(REASONS[reason]) : say("row-revoked");
}
