// @ts-check
/**
 * Places one step of the server: work in a box, a read or a write as an arrow to the store and what came back from it.
 * What serves the application is set apart from what authenticates: one grey line, named as such.
 */

import { fit } from "./elide.js";
import { say } from "./i18n.js";
import { plain } from "./scene.js";

/** @typedef {import("./describe.js").ShownStep} ShownStep */
/** @typedef {import("./scene.js").Frame} Frame */
/** @typedef {import("./scene.js").Placed} Placed */
/** @typedef {import("./scene.js").Group} Group */
/** @typedef {import("./scene.js").Shape} Shape */

/** @param {ShownStep} shown @param {number} top @param {Frame} frame @returns {Placed} */
export function layoutStep(shown, top, frame) {
  const { step } = shown;
  const placed = step.effect === "compute" ? compute(shown, top, frame)
    : step.phase === "application" ? application(shown, top, frame)
    : store(shown, top, frame);
  placed.group.data = { step: step.name, us: step.duration_us, phase: step.phase, effect: step.effect };
  placed.group.label = [shown.name, shown.time, shown.result].filter((part) => part !== null).join(", ");
  return placed;
}

/** @param {ShownStep} shown @param {number} top @param {Frame} frame @returns {Placed} */
function compute({ name, time, result: came }, top, frame) {
  const { at, em } = frame;
  const { small, normal, timeAt, beforeTime } = rulers(frame);
  const x = at.server + 0.9 * em;
  const y = top + 1.75 * em;
  const room = (at.wide ? beforeTime(time) : at.width - 0.5 * em) - x;
  // In a narrow lane the time stands in the box where the name leaves it room, and else before the result.
  const timeInBox = !at.wide && normal(name) + small(time) + 1.9 * em <= room;
  const timeBelow = !at.wide && !timeInBox;
  const result = [timeBelow ? time : null, came === null ? null : `→ ${came}`].filter((part) => part !== null).join(" ");
  const head = normal(name) + (timeInBox ? small(time) + 0.5 * em : 0) + 1.4 * em;
  const beside = result !== "" && head + 0.5 * em + small(result) <= room;
  const width = Math.min(room, head + (beside ? 0.5 * em + small(result) : 0));
  /** @type {Shape[]} */
  const shapes = [
    { shape: "box", x, y: top + 0.45 * em, width, height: 2 * em, look: "step" },
    { shape: "text", x: x + 0.7 * em, y, segments: fit(plain(name), room - 1.4 * em, normal) },
  ];
  if (at.wide) shapes.push(timeAt(time, y));
  if (timeInBox) shapes.push({ ...timeAt(time, y), x: x + head - 0.7 * em });
  if (result !== "") {
    const resultX = beside ? x + head - 0.2 * em : x + 0.7 * em;
    const segments = fit(plain(result, "soft"), at.width - resultX - 0.5 * em, small);
    shapes.push({ shape: "text", x: resultX, y: beside ? y : y + 2 * em, small: true, field: "result", segments });
  }
  return { group: { kind: "step", shapes }, y: top + (result === "" || beside ? 2.6 : 4.1) * em };
}

/** @param {ShownStep} shown @param {number} top @param {Frame} frame @returns {Placed} */
function store({ name, time, result }, top, frame) {
  const { at, em } = frame;
  const { small, mono, timeAt, beforeTime } = rulers(frame);
  const x = at.server + em;
  const y = top + 1.55 * em;
  const end = at.store - 0.9 * em;
  /** @type {Shape[]} */
  const shapes = [
    { shape: "text", x, y, mono: true, segments: fit(plain(name), (at.wide ? end : beforeTime(time)) - x, mono) },
    timeAt(time, at.wide ? y + 0.6 * em : y),
    { shape: "arrow", from: at.server, to: at.store, y: y + 0.6 * em, look: "lane" },
  ];
  if (result === null) return { group: { kind: "step", shapes }, y: y + 0.9 * em };
  shapes.push(
    { shape: "text", x, y: y + 2 * em, small: true, field: "result", segments: fit(plain(result, "soft"), end - x, small) },
    { shape: "arrow", from: at.store, to: at.server, y: y + 2.55 * em, look: "lane", dashed: true },
  );
  return { group: { kind: "step", shapes }, y: y + 2.8 * em };
}

/** @param {ShownStep} shown @param {number} top @param {Frame} frame @returns {Placed} */
function application({ name, time }, top, frame) {
  const { at, em } = frame;
  const { small, timeAt, beforeTime } = rulers(frame);
  const x = at.server + em;
  const y = top + 1.55 * em;
  const room = (at.wide ? at.store - 0.3 * em : beforeTime(time)) - x;
  const whose = plain(say("the-application"), "soft");
  return {
    group: { kind: "step", shapes: [
      { shape: "text", x: at.server - 0.7 * em, y: y + 0.6 * em, small: true, anchor: "end", segments: whose },
      { shape: "text", x, y, small: true, segments: fit(plain(name, "soft"), room, small) },
      timeAt(time, at.wide ? y + 0.6 * em : y),
      { shape: "arrow", from: at.server, to: at.store, y: y + 0.6 * em, look: "application" },
    ] },
    y: y + 0.9 * em,
  };
}

/** Measures for the three kinds of text, and the place of a step's time.
 * @param {Frame} frame */
function rulers({ at, em, measure }) {
  const small = (/** @type {string} */ text) => measure(text, { small: true });
  return {
    small,
    mono: (/** @type {string} */ text) => measure(text, { mono: true }),
    normal: (/** @type {string} */ text) => measure(text, {}),
    /** @param {string} time @param {number} y @returns {import("./scene.js").TextShape} */
    timeAt: (time, y) => (
      { shape: "text", x: at.times, y, small: true, anchor: "end", field: "time", segments: plain(time, "soft") }
    ),
    /** @param {string} time */
    beforeTime: (time) => at.times - small(time) - 0.5 * em,
  };
}
