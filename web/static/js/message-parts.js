// @ts-check
/** The pieces of the message dialog: a message as it was on the wire, tokens and cookies taken apart, the steps as a table. */

import { parseCookies, parseSetCookie } from "./cookies.js";
import { titleCase } from "./curl.js";
import { html } from "./dom.js";
import { header, jsonObject } from "./exchange.js";
import { say } from "./i18n.js";
import { decodeUnverified } from "./jwt.js";
import { whyStep } from "./steps.js";
import { fullTime, measured } from "./times.js";

/** @typedef {import("./exchange.js").Exchange} Exchange */

const CREDENTIALS = ["cookie", "set-cookie", "authorization"];
/** Shown first, in this order. The record keeps no order of its own, and none has a meaning (RFC 9110 §5.3). */
const FIRST = ["host", ...CREDENTIALS, "origin", "content-type"];

/** @param {string} first @param {import("./exchange.js").Header[]} headers @param {string | null} body */
export function wholeMessage(first, headers, body) {
  const pre = html("pre", { class: "message-text", tabindex: "0" }, html("b", { class: "first-line" }, first), "\n");
  for (const [name, value] of headers.toSorted(([a], [b]) => rank(a) - rank(b))) {
    const matters = CREDENTIALS.includes(name.toLowerCase());
    pre.append(html("span", { class: "header-name" }, `${titleCase(name)}: `), html("span", { class: matters ? "lane" : "" }, value), "\n");
  }
  pre.append("\n", body === null ? say("body-not-kept") : prettyBody(body));
  return pre;
}

/** @param {string} name */
function rank(name) {
  const place = FIRST.indexOf(name.toLowerCase());
  return place < 0 ? FIRST.length : place;
}

/** @param {string} body */
function prettyBody(body) {
  const object = jsonObject(body);
  return object === null ? body : JSON.stringify(object, null, 2);
}

/** Every JWT of a message, once. @param {{headers: import("./exchange.js").Header[], body: string | null}} message */
export function tokensIn(message) {
  const text = `${header(message, "authorization") ?? ""} ${message.body ?? ""}`;
  return [...new Set(text.match(/[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g) ?? [])].filter((token) => decodeUnverified(token) !== null);
}

/** @param {string} text */
export function decodedToken(text) {
  const token = decodeUnverified(text);
  if (token === null) return html("p", {}, say("not-a-jwt"));
  const [first, second, third] = token.parts;
  const part = (/** @type {string} */ tone, /** @type {string} */ name, /** @type {string} */ content, /** @type {string} */ note) =>
    html("div", { class: `jwt-part ${tone}` }, html("h4", {}, name), html("pre", {}, content), html("p", {}, note));
  return html("section", { class: "decoded" },
    html("h3", {}, say("decoded-title")),
    html("code", { class: "whole-token" },
      html("span", { class: "jwt-header" }, first), ".",
      html("span", { class: "jwt-payload" }, second), ".",
      html("span", { class: "jwt-signature" }, third)),
    html("div", { class: "jwt-parts" },
      part("jwt-header", say("jwt-header"), JSON.stringify(token.header, null, 2), say("jwt-header-note")),
      part("jwt-payload", say("jwt-payload"), JSON.stringify(token.claims, null, 2), claimTimes(token.claims)),
      part("jwt-signature", say("jwt-signature"), third, say("jwt-signature-note"))));
}

/** @param {Record<string, unknown>} claims */
function claimTimes({ iat, exp }) {
  if (typeof iat !== "number" || typeof exp !== "number") return say("jwt-payload-note");
  return say("jwt-times", { issued: fullTime(iat * 1000), expires: fullTime(exp * 1000) });
}

/** The session cookie in words, when the message carries it.
 * @param {Exchange} exchange @param {"request" | "response"} part @param {string} cookieName */
export function explainedCookie(exchange, part, cookieName) {
  const lines = part === "request"
    ? parseCookies(header(exchange.request, "cookie") ?? "").filter(([name]) => name === cookieName)
      .map(() => (exchange.elsewhere || exchange.client !== navigator.userAgent ? say("cookie-sent-by-other") : say("cookie-sent")))
    : exchange.response.headers.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => parseSetCookie(value))
      .filter((cookie) => cookie.name === cookieName).map((cookie) => say(cookie.deletes ? "cookie-deleted" : "cookie-set"));
  if (lines.length === 0) return null;
  // says: explain-*
  const items = part === "response" && lines[0] === say("cookie-set") ? ATTRIBUTES.map((id) => html("li", {}, say(id))) : [];
  return html("section", {}, html("h3", {}, say("cookie-title")), html("p", {}, lines[0]), html("ul", {}, ...items));
}

const ATTRIBUTES = ["explain-host-prefix", "explain-httponly", "explain-secure", "explain-samesite"];

/** @param {Exchange} exchange */
export function stepsTable({ steps, duration_us }) {
  const head = [say("step"), say("phase"), say("starts"), say("takes"), say("result")];
  const phases = { authentication: say("phase-authentication"), application: say("phase-application") };
  const rows = steps.map((step) => html("tr", { class: step.phase },
    html("th", { scope: "row" }, step.name, whyNote(step.name)),
    html("td", {}, phases[step.phase]),
    html("td", { class: "number" }, measured(step.start_us)),
    html("td", { class: "number" }, measured(step.duration_us)),
    html("td", {}, step.result ?? "")));
  return html("section", {}, html("h3", {}, say("steps-title", { total: measured(duration_us) })),
    html("div", { class: "table-scroll" }, html("table", {},
      html("thead", {}, html("tr", {}, ...head.map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, ...rows))));
}

/** @param {string} name */
function whyNote(name) {
  const why = whyStep(name);
  return why === null ? null : html("small", {}, why);
}
