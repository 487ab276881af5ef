// @ts-check
/**
 * Places one exchange: request, steps, answer, from top to bottom as they happened.
 *
 * Pure: a description, a width and a measure in, a scene out. Lengths are in units of the type size, so that the projected
 * page is the same picture in large type and not a magnified one.
 */

import { fit } from "./elide.js";
import { columns, plain } from "./scene.js";
import { layoutStep } from "./step-layout.js";

/** @typedef {import("./describe.js").Description} Description */
/** @typedef {import("./scene.js").Group} Group */
/** @typedef {import("./scene.js").Measure} Measure */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./scene.js").Shape} Shape */
/** @typedef {{em: number, measure: Measure, at: import("./scene.js").Columns}} Frame */
/** @typedef {{group: Group, y: number}} Placed A group, and the height at which it ends. */

/** Heights are rounded to this period, that of the dots of the lifelines, so that they run on from scene to scene. */
const DOTS = 7;

/** @param {Description} description @param {{pause: string | null, time: string}} when
 * @param {number} width @param {number} em @param {Measure} measure @returns {Scene} */
export function layoutExchange(description, when, width, em, measure) {
  const frame = { em, measure, at: columns(width, em) };
  /** @type {Group[]} */
  const groups = [];
  let y = 0;
  const place = (/** @type {Placed} */ placed) => {
    groups.push(placed.group);
    y = placed.y;
  };
  if (when.pause !== null) place(pause(when.pause, frame));
  if (description.preflight !== null) {
    for (const placed of preflight(description, description.preflight, y, frame)) place(placed);
  } else {
    if (description.tag !== null) place(tag(description.tag, y, frame));
    place(request(description, when.time, y, frame));
    let saidReads = false;
    for (const step of description.steps) {
      if (!saidReads && step.step.phase === "application" && description.reads !== null) {
        place(reads(description.reads, y, frame));
        saidReads = true;
      }
      place(layoutStep(step, y, frame));
    }
    if (!saidReads && description.reads !== null) place(reads(description.reads, y, frame));
    place(response(description, y, frame));
    y += 0.9 * em;
  }
  const height = Math.ceil(y / DOTS) * DOTS;
  return { width, height, ground: ground(description, height, frame), groups };
}

/** @param {Description} description @param {number} height @param {Frame} frame @returns {Shape[]} */
function ground(description, height, { at, em }) {
  const look = description.tag?.kind === "elsewhere" ? /** @type {const} */ ("elsewhere") : undefined;
  return [
    { shape: "rule", x1: em * 0.6, x2: at.width - em * 0.6, y: 0.5 },
    { shape: "life", x: at.browser, y1: 0, y2: height, look },
    { shape: "life", x: at.server, y1: 0, y2: height },
    { shape: "life", x: at.store, y1: 0, y2: height },
  ];
}

/** Lab time that passed with nothing on the wire. @param {string} text @param {Frame} frame @returns {Placed} */
function pause(text, { at, em, measure }) {
  const width = measure(text, { small: true, bold: true }) + 1.6 * em;
  const x = (at.width - width) / 2;
  return {
    group: { kind: "note", shapes: [
      { shape: "box", x, y: 0.55 * em, width, height: 1.6 * em, look: "tag" },
      { shape: "text", x: at.width / 2, y: 1.68 * em, segments: plain(text), small: true, bold: true, anchor: "middle" },
    ] },
    y: 2 * em,
  };
}

/** @param {import("./describe.js").Tag} tag @param {number} top @param {Frame} frame @returns {Placed} */
function tag({ text, kind }, top, { at, em, measure }) {
  const width = measure(text, { small: true, bold: true }) + 1.4 * em;
  const x = Math.max(0.5 * em, at.browser - 2.5 * em);
  return {
    group: { kind: "note", data: { tag: kind }, shapes: [
      { shape: "box", x, y: top + 0.7 * em, width, height: 1.6 * em, look: "tag" },
      { shape: "text", x: x + 0.7 * em, y: top + 1.83 * em, segments: plain(text), small: true, bold: true },
    ] },
    y: top + 2.1 * em,
  };
}

/** @param {Description} description @param {string} time @param {number} top @param {Frame} frame @returns {Placed} */
function request({ request: { label, line, credential, details } }, time, top, { at, em, measure }) {
  const x = at.browser + em;
  const timeWidth = measure(time, { small: true });
  const timeX = at.wide ? at.times : at.width - 0.8 * em;
  let y = top + 1.75 * em;
  /** @type {Shape[]} */
  const shapes = [
    { shape: "text", x, y, mono: true, field: "request-line", segments: fit(line, timeX - timeWidth - x - em, (text) => measure(text, { mono: true })) },
    { shape: "text", x: timeX, y, small: true, anchor: "end", field: "time", segments: plain(time, "soft") },
  ];
  const room = at.width - x - 0.8 * em;
  if (credential !== null) {
    y += 1.38 * em;
    shapes.push({ shape: "text", x, y, mono: true, field: "request-credential", segments: fit(credential, room, (text) => measure(text, { mono: true })) });
  }
  for (const detail of details) {
    y += 1.32 * em;
    shapes.push({ shape: "text", x, y, small: true, segments: fit(detail, room, (text) => measure(text, { small: true })) });
  }
  y += 0.7 * em;
  shapes.push({ shape: "arrow", from: at.browser, to: at.server, y, look: "lane" });
  return { group: { kind: "request", shapes: [hit(at, top + 0.55 * em, y + 0.5 * em, em), ...shapes], label }, y: y + 0.55 * em };
}

/** @param {NonNullable<Description["reads"]>} reads @param {number} top @param {Frame} frame @returns {Placed} */
function reads({ text, count, none }, top, { at, em, measure }) {
  const x = at.server + 0.9 * em;
  /** @type {Shape[]} */
  const shapes = [{ shape: "text", x: x + (none ? 0.7 * em : 0.1 * em), y: top + 1.7 * em, segments: plain(text, "lane"), bold: none }];
  if (none) shapes.unshift({ shape: "box", x, y: top + 0.45 * em, width: measure(text, { bold: true }) + 1.4 * em, height: 1.85 * em, look: "zero" });
  return { group: { kind: "note", data: { field: "auth-reads", reads: count }, shapes }, y: top + 2.35 * em };
}

/** @param {Description} description @param {number} top @param {Frame} frame @returns {Placed} */
function response({ tag, response: { label, refused, status, what, total } }, top, { at, em, measure }) {
  const mono = (/** @type {string} */ text) => measure(text, { mono: true });
  const x = at.browser + em;
  const alarm = !refused && tag?.kind === "elsewhere"; // Somebody else got in.
  const badge = refused || alarm;
  const shown = refused ? `✗ ${status}` : alarm ? `! ${status}` : status;
  const statusWidth = measure(shown, { mono: true, bold: badge }) + (badge ? em : 0);
  const totalX = at.wide ? at.times : at.width - 0.8 * em;
  const whatWidth = what === null ? 0 : mono(what.map((segment) => segment.text).join(""));
  // One line where status and content fit between browser and store; in a narrow lane the content has its own.
  const oneLine = x + statusWidth + 0.6 * em + whatWidth < totalX - measure(total, { small: true }) - em;
  let y = top + 1.7 * em;
  /** @type {Shape[]} */
  const shapes = [];
  if (badge) shapes.push({ shape: "box", x: x - 0.1 * em, y: y - 1.12 * em, width: statusWidth, height: 1.55 * em, look: alarm ? "alarm" : "badge" });
  shapes.push({ shape: "text", x: badge ? x + 0.4 * em : x, y, mono: true, bold: badge, field: "response-line", segments: plain(shown) });
  shapes.push({ shape: "text", x: totalX, y, small: true, anchor: "end", field: "total", segments: plain(total, "soft") });
  if (what !== null) {
    const whatX = oneLine ? x + statusWidth + 0.6 * em : x;
    if (!oneLine) y += 1.42 * em;
    shapes.push({ shape: "text", x: whatX, y, mono: true, field: "response-what", segments: fit(what, at.width - whatX - 0.8 * em, mono) });
  }
  y += 0.75 * em;
  shapes.push({ shape: "arrow", from: at.server, to: at.browser, y, look: refused ? "refused" : "lane" });
  return { group: { kind: "response", shapes: [hit(at, top + 0.35 * em, y + 0.5 * em, em), ...shapes], label }, y: y + 0.4 * em };
}

/** A preflight in one line: the browser asks on its own, and its question is not the point of the exchange.
 * @param {Description} description @param {NonNullable<Description["preflight"]>} preflight @param {number} top @param {Frame} frame
 * @returns {Placed[]} */
function preflight({ request, response }, { text, allowed }, top, { at, em, measure }) {
  const x = at.browser + em;
  const y = top + 1.5 * em;
  const half = (/** @type {number} */ offset) => y + 0.5 * em + offset;
  return [
    { group: { kind: "request", label: request.label, shapes: [
      { shape: "box", x: at.browser - 0.5 * em, y: top + 0.45 * em, width: at.width - at.browser, height: 1.6 * em, look: "hit" },
      { shape: "text", x, y, small: true, field: "request-line", segments: fit(plain(text, "soft"), at.width - x - em, (words) => measure(words, { small: true })) },
      { shape: "arrow", from: at.browser, to: at.server, y: half(0), look: "thin" },
    ] }, y },
    { group: { kind: "response", label: response.label, shapes: [
      { shape: "box", x: at.browser - 0.5 * em, y: half(0.3 * em), width: at.server - at.browser + em, height: 0.8 * em, look: "hit" },
      { shape: "arrow", from: at.server, to: at.browser, y: half(0.55 * em), look: allowed ? "thin" : "refused" },
    ] }, y: half(1.2 * em) },
  ];
}

/** The area that a pointer may hit and that shows the focus. @param {Frame["at"]} at @param {number} y1 @param {number} y2 @param {number} em
 * @returns {Shape} */
function hit(at, y1, y2, em) {
  return { shape: "box", x: at.browser - 0.5 * em, y: y1, width: at.width - at.browser, height: y2 - y1, look: "hit" };
}
