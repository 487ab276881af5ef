// @ts-check
/**
 * What the page says, in the reader's language. Messages come from the Fluent catalogue by way of the lab, as text with
 * `{name}` placeables; a sentence is never put together from pieces here.
 */

import { fetchMessages } from "./api.js";

/** The language of the page, for `Intl`. */
export const language = document.documentElement.lang;

/** @type {Record<string, string>} */
let messages = {};

/** Loads the catalogue; call once, before anything speaks. */
export async function loadMessages() {
  messages = await fetchMessages(language);
}

/** A message with its placeables filled in. A missing one shows its id, which a test finds.
 * @param {string} id @param {Record<string, string | number>} [values] @returns {string} */
export function say(id, values = {}) {
  const pattern = messages[id] ?? id;
  return pattern.replace(/\{\s*(\w+)\s*\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A message that depends on a number. Both forms are named where they are used, so that a search finds them; a language
 * with one form has the same text twice.
 * @param {number} count @param {{one: string, other: string}} ids @param {Record<string, string | number>} [values] */
export function sayCount(count, ids, values = {}) {
  const form = new Intl.PluralRules(language).select(count) === "one" ? ids.one : ids.other;
  return say(form, { count, ...values });
}

/** "a, b and c", in the reader's language.
 * @param {string[]} items */
export const list = (items) => new Intl.ListFormat(language, { type: "conjunction" }).format(items);

/** @param {number} minor @param {string} currency */
export function money(minor, currency) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
