// @ts-check
/** What a change of the lab's clock did to the credentials: compared before and after, and said in one line. */

import { list, say, sayCount } from "./i18n.js";
import { instant } from "./jwt.js";

/** @typedef {{access: boolean, refresh: boolean, sessions: number}} Alive What was still good at some moment. */

/** @param {import("./credentials.js").Credentials} credentials @param {import("./api.js").LabState | null} state @returns {Alive} */
export function alive({ access, refresh }, state) {
  const now = state === null ? 0 : Date.parse(state.now);
  return {
    access: (instant(access?.token ?? null, "exp") ?? 0) > now,
    refresh: refresh !== null && refresh.expiresAt > now,
    sessions: state?.session.rows.filter((row) => row.live).length ?? 0,
  };
}

/** @param {string} step "+15 min" @param {Alive} before @param {Alive} after */
export function sayAdvanced(step, before, after) {
  const ended = [];
  const gone = before.sessions - after.sessions;
  if (gone > 0) ended.push(sayCount(gone, { one: "ended-sessions-one", other: "ended-sessions-other" }));
  if (before.access && !after.access) ended.push(say("ended-access"));
  if (before.refresh && !after.refresh) ended.push(say("ended-refresh"));
  const left = [];
  if (after.sessions > 0) left.push(sayCount(after.sessions, { one: "ended-sessions-one", other: "ended-sessions-other" }));
  if (after.access) left.push(say("ended-access"));
  if (after.refresh) left.push(say("ended-refresh"));
  if (ended.length === 0) return say("advanced-nothing", { step });
  if (left.length === 0) return say("advanced", { step, ended: list(ended) });
  return say("advanced-left", { step, ended: list(ended), left: list(left) });
}
