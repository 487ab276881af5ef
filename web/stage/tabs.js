// @ts-check
/** Steps of two tabs of one application: they share a store in which the refresh token is kept, and each of them renews it when it must. */

import { inDatabase } from "./storage.js";
import { openByClick } from "./windows.js";

/** @typedef {import("./stage.js").Act} Act */
/** @typedef {import("./stage.js").Stage} Stage */

/** Where the refresh token is kept: in IndexedDB. What one tab writes to localStorage may reach another a moment after the lock does. */
const KEPT = "refresh-token";
/** How often the server, which holds each question for a while, is asked whether the other tab is so far. */
const PATIENT = 3;

/** @returns {Promise<string>} */
const kept = async () => (await inDatabase("readonly", (store) => store.get(KEPT))) ?? "";
/** @param {string} token */
const keep = (token) => inDatabase("readwrite", (store) => store.put(token, KEPT));

/** @type {Act} Logs in, and keeps the refresh token where every tab of this origin finds it. */
async function logInAndKeep({ username, password }, stage) {
  const answer = await fetch(stage.address(stage.here, "/login"), {
    method: "POST", body: JSON.stringify({ username, password }), headers: { "Content-Type": "application/json" },
  });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) await keep(body.refresh_token);
  return { status: answer.status };
}

/** @type {Act} Renews the token that this tab knows. With `together`, as soon as the tab of that label knows it too; with `lock`, one tab
 * after the other, and whoever comes second looks whether the token is still the one that it knows. */
async function renew({ label, together, lock }, stage) {
  const known = await kept();
  if (together !== undefined) {
    await stage.report(`knows-${label}`, {});
    for (let asked = 0; asked < PATIENT; asked += 1) if (await stage.comes(`knows-${together}`)) break;
  }
  if (lock !== true) return present(known, String(label), stage);
  if (navigator.locks === undefined) return { outcome: "no-locks" };
  return navigator.locks.request("renew", async () =>
    (await kept()) === known ? present(known, String(label), stage) : { outcome: "found-fresh" });
}

/** @param {string} token @param {string} label @param {Stage} stage */
async function present(token, label, stage) {
  const address = stage.address(stage.here, `/token?label=${label}`);
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token }) });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) await keep(body.refresh_token);
  return { outcome: "presented", status: answer.status };
}

/** @type {Act} */
async function forget() {
  await inDatabase("readwrite", (store) => store.delete(KEPT));
}

/** @type {Act} Opens a second tab at the visitor's click; it walks through steps of its own while this one goes on. */
async function openSecondTab(step, stage) {
  await openByClick(`${stage.address(step.of, "/stage")}#${stage.onward({ steps: step.steps, next: 0, child: true })}`, "noopener");
  return { outcome: "opened" };
}

/** By these names a plan calls them. @type {Record<string, Act>} */
export const TABS = {
  "log-in-and-keep": logInAndKeep,
  "renew": renew,
  "forget-token": forget,
  "second-tab": openSecondTab,
};
