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

/** The reason as the id of a word, and what fills it in. @param {Exchange} exchange @returns {[word: string, values: Record<string, string>]} */
export function whyOf(exchange) {
  const steps = exchange.steps.filter(({ phase }) => phase === "authentication");
  const look = steps.find(({ effect }) => effect === "read") ?? null;
  const outcome = outcomeOf(exchange);
  if (look !== null) {
    const word = { known: "why-row", unknown: "why-no-row", unavailable: "why-no-answer" }[outcome ?? "unavailable"];
    return [word, { step: look.name }];
  }
  const list = steps.some(({ effect, name }) => effect === "compute" && name.includes("denied"));
  if (outcome === "known") return [list ? "why-not-listed" : "why-signature", {}];
  if (outcome === "unavailable") return [list ? "why-old-list" : "why-down", {}];
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
