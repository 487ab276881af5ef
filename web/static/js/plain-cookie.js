// @ts-check
/**
 * Some browsers refuse `Secure` cookies on `http://localhost`. There nobody could log in by cookie, so the lab then uses one
 * without `Secure` and without the prefix, and says so. Found out by trying, in the one mode that exists for such browsers.
 */

import { callServer, changeSettings, setCookies } from "./api.js";
import { say } from "./i18n.js";

/** @typedef {import("./api.js").LabState} LabState */

const SETTING = "session.cookie.dangerously_plain";
const PROBE = "__Host-probe";

/** Chooses the plain cookie where the browser keeps no other.
 * @param {LabState} state @param {string} run @returns {Promise<{state: LabState, warning: string | null}>} */
export async function choosePlainCookie(state, run) {
  if (new URL(state.origins.app).hostname !== "localhost") return { state, warning: null };
  if (SETTING in state.settings) return { state, warning: say("cookie-is-plain") };
  if (await keepsSecureCookies(state.origins.session, run)) return { state, warning: null };
  const plain = await changeSettings({ ...state.settings, [SETTING]: "true" });
  return { state: plain, warning: say("cookie-is-plain") };
}

/** @param {string} origin @param {string} run */
async function keepsSecureCookies(origin, run) {
  const attributes = "Path=/; Secure; HttpOnly; SameSite=Lax";
  await setCookies(origin, [`${PROBE}=1; ${attributes}`], run);
  const answer = await callServer(origin, "GET", "/stage/echo/secure-cookie", { cookies: true }, run);
  await setCookies(origin, [`${PROBE}=; ${attributes}; Max-Age=0`], run);
  return answer.body.cookies?.includes(PROBE) ?? false;
}
