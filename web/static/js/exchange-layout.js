// @ts-check
/**
 * Places one exchange: request, steps, answer, from top to bottom as they happened.
 *
 * Pure: a description, a width and a measure in, a scene out. Lengths are in units of the type size, so that the projected
 * page is the same picture in large type and not a magnified one.
 */

import { fit } from "./elide.js";
import { preflight, pause, tag } from "./note-layout.js";
import { columns, hitArea, plain } from "./scene.js";
import { layoutStep } from "./step-layout.js";

/** @typedef {import("./describe.js").Description} Description */
/** @typedef {import("./scene.js").Group} Group */
/** @typedef {import("./scene.js").Frame} Frame */
/** @typedef {import("./scene.js").Measure} Measure */
/** @typedef {import("./scene.js").Placed} Placed */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./scene.js").Shape} Shape */

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

/** @param {Description} description @param {string} time @param {number} top @param {Frame} frame @returns {Placed} */
function request({ request: { label, line, credential, details } }, time, top, frame) {
  const { at, em, measure } = frame;
  const mono = (/** @type {string} */ text) => measure(text, { mono: true });
  const small = (/** @type {string} */ text) => measure(text, { small: true });
  const x = at.browser + em;
  const timeX = at.wide ? at.times : at.width - 0.8 * em;
  let y = top + 1.75 * em;
  /** @type {Shape[]} */
  const shapes = [
    { shape: "text", x, y, mono: true, field: "request-line", segments: fit(line, timeX - small(time) - x - em, mono) },
    { shape: "text", x: timeX, y, small: true, anchor: "end", field: "time", segments: plain(time, "soft") },
  ];
  const room = at.width - x - 0.8 * em;
  if (credential !== null) {
    y += 1.38 * em;
    shapes.push({ shape: "text", x, y, mono: true, field: "request-credential", segments: fit(credential, room, mono) });
  }
  for (const detail of details) {
    y += 1.32 * em;
    shapes.push({ shape: "text", x, y, small: true, segments: fit(detail, room, small) });
  }
  y += 0.7 * em;
  shapes.push({ shape: "arrow", from: at.browser, to: at.server, y, look: "lane" });
  const hit = hitArea(frame, top + 0.55 * em, y + 0.5 * em);
  return { group: { kind: "request", shapes: [hit, ...shapes], label }, y: y + 0.55 * em };
}

/** @param {NonNullable<Description["reads"]>} reads @param {number} top @param {Frame} frame @returns {Placed} */
function reads({ text, count, none }, top, { at, em, measure }) {
  const x = at.server + 0.9 * em;
  /** @type {Shape[]} */
  const shapes = [
    { shape: "text", x: x + (none ? 0.7 : 0.1) * em, y: top + 1.7 * em, segments: plain(text, "lane"), bold: none },
  ];
  if (none) {
    const width = measure(text, { bold: true }) + 1.4 * em;
    shapes.unshift({ shape: "box", x, y: top + 0.45 * em, width, height: 1.85 * em, look: "zero" });
  }
  return { group: { kind: "note", data: { field: "auth-reads", reads: count }, shapes }, y: top + 2.35 * em };
}

/** @param {Description} description @param {number} top @param {Frame} frame @returns {Placed} */
function response({ tag, response: { label, refused, status, what, total } }, top, frame) {
  const { at, em, measure } = frame;
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
  if (badge) {
    const look = alarm ? "alarm" : "badge";
    shapes.push({ shape: "box", x: x - 0.1 * em, y: y - 1.12 * em, width: statusWidth, height: 1.55 * em, look });
  }
  shapes.push(
    { shape: "text", x: badge ? x + 0.4 * em : x, y, mono: true, bold: badge, field: "response-line", segments: plain(shown) },
    { shape: "text", x: totalX, y, small: true, anchor: "end", field: "total", segments: plain(total, "soft") },
  );
  if (what !== null) {
    const whatX = oneLine ? x + statusWidth + 0.6 * em : x;
    if (!oneLine) y += 1.42 * em;
    const segments = fit(what, at.width - whatX - 0.8 * em, mono);
    shapes.push({ shape: "text", x: whatX, y, mono: true, field: "response-what", segments });
  }
  y += 0.75 * em;
  shapes.push({ shape: "arrow", from: at.server, to: at.browser, y, look: refused ? "refused" : "lane" });
  const hit = hitArea(frame, top + 0.35 * em, y + 0.5 * em);
  return { group: { kind: "response", shapes: [hit, ...shapes], label }, y: y + 0.4 * em };
}
