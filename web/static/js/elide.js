// @ts-check
/**
 * Long values made short, the same way everywhere, so that the eye recognises one credential in the diagram, in the panels
 * and in the dialog.
 */

import { parts } from "./jwt.js";

/** @typedef {"ink" | "soft" | "lane" | "jwt-header" | "jwt-payload" | "jwt-signature"} Tone */
/** A run of text in one colour. @typedef {{text: string, tone: Tone}} Segment */

/** Keeps the first and the last characters: the beginning tells what it is, the end tells which one.
 * @param {string} text @param {number} [head] @param {number} [tail] */
export function elideMiddle(text, head = 6, tail = 4) {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${tail > 0 ? text.slice(-tail) : ""}`;
}

/** A JWT in its three colours. Header and payload of all tokens begin alike, so only the signature's end tells two apart.
 * @param {string} token @returns {Segment[]} */
export function shortToken(token) {
  const split = parts(token);
  if (split === null) return [{ text: elideMiddle(token), tone: "lane" }];
  return [
    { text: elideMiddle(split[0], 3, 0), tone: "jwt-header" },
    { text: ".", tone: "ink" },
    { text: elideMiddle(split[1], 3, 0), tone: "jwt-payload" },
    { text: ".", tone: "ink" },
    { text: elideMiddle(split[2], 0, 6), tone: "jwt-signature" },
  ];
}

/** The part of an object that matters, as JSON, with long strings elided and `…` where members were left out.
 * @param {Record<string, unknown>} object @param {readonly string[]} members @returns {Segment[]} */
export function shortJson(object, members) {
  const shown = members.filter((member) => member in object);
  const rest = Object.keys(object).length > shown.length;
  /** @type {Segment[]} */
  const segments = [{ text: "{", tone: "ink" }];
  shown.forEach((member, index) => {
    const value = object[member];
    segments.push({ text: `${index > 0 ? ", " : ""}"${member}": `, tone: "ink" });
    if (typeof value === "string" && parts(value)) {
      segments.push({ text: '"', tone: "ink" }, ...shortToken(value), { text: '"', tone: "ink" });
    } else {
      segments.push({ text: JSON.stringify(typeof value === "string" ? elideMiddle(value, 8, 4) : value), tone: "ink" });
    }
  });
  segments.push({ text: rest ? `${shown.length > 0 ? ", " : ""}…}` : "}", tone: "ink" });
  return segments;
}

/** Shortens a line of segments to a width, from its end, so that it can never run out of the picture.
 * @param {Segment[]} segments @param {number} room @param {(text: string) => number} measure @returns {Segment[]} */
export function fit(segments, room, measure) {
  const whole = segments.map((segment) => segment.text).join("");
  if (measure(whole) <= room) return segments;
  /** @type {Segment[]} */
  const kept = [];
  let before = "";
  for (const segment of segments) {
    if (measure(`${before}${segment.text}…`) > room) {
      const text = longestPrefix(segment.text, (prefix) => measure(`${before}${prefix}…`) <= room);
      kept.push({ text: `${text}…`, tone: segment.tone });
      return kept;
    }
    kept.push(segment);
    before += segment.text;
  }
  return kept;
}

/** @param {string} text @param {(prefix: string) => boolean} fits */
function longestPrefix(text, fits) {
  let length = 0;
  while (length < text.length && fits(text.slice(0, length + 1))) length += 1;
  return text.slice(0, length);
}
