// @ts-check
/** Why a replica answered as it did, from what it recorded of the request. */

import { header } from "/static/js/exchange.js";

/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {"known" | "unknown" | "unavailable"} Outcome */

/** What an answer says of who asked; null where it says nothing of that. @param {Exchange | null} exchange @returns {Outcome | null} */
export function outcomeOf(exchange) {
  const status = exchange?.response.status ?? 0;
  if (status >= 200 && status < 300) return "known";
  if (status === 503) return "unavailable";
  return status === 401 ? "unknown" : null;
}

/** Words for each outcome of a look-up: of a session, of the list of what was taken back, and of that list where it is in memory. */
const LOOKED_UP = { known: "why-row", unknown: "why-no-row", unavailable: "why-no-answer" };
const LIST_ASKED = { known: "why-not-on-list", unknown: "why-on-list", unavailable: "why-no-answer" };
const LIST_IN_MEMORY = { known: "why-not-listed", unknown: "why-listed", unavailable: "why-old-list" };

/** The reason as the id of a word, and what fills it in. @param {Exchange} exchange @returns {[word: string, values: Record<string, string>]} */
export function whyOf(exchange) {
  const steps = exchange.steps.filter(({ phase }) => phase === "authentication");
  const look = steps.find(({ effect }) => effect === "read") ?? null;
  const outcome = outcomeOf(exchange) ?? "unavailable";
  const isToken = exchange.server.startsWith("jwt");
  if (look !== null) return [(isToken ? LIST_ASKED : LOOKED_UP)[outcome], { step: look.name }];
  if (steps.some(({ name }) => name.includes("denied"))) return [LIST_IN_MEMORY[outcome], {}];
  if (outcome === "known") return ["why-signature", {}];
  if (outcome === "unavailable") return ["why-down", {}];
  const sent = header(exchange.request, "cookie") ?? header(exchange.request, "authorization");
  return [sent === undefined ? "why-nothing-sent" : "why-not-accepted", {}];
}

/** The key that a token names. @param {string} token */
export function keyOf(token) {
  try {
    const head = token.split(".", 1)[0].replace(/-/g, "+").replace(/_/g, "/");
    return String(JSON.parse(atob(head)).kid ?? "");
  } catch {
    return "";
  }
}
