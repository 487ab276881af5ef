// @ts-check
/**
 * A family of refresh tokens as a tree, one under each policy: a circle for each token, an arrow for each use, the victim's above and
 * the thief's below, numbered in the order of events. A cross is a refusal; where it ended the family, the line behind it is broken.
 */

import { html, svg } from "../../dom.js";

/** @typedef {import("../figures.js").Say} Say */
/** @typedef {{who: "victim" | "thief", presented: number, got: number | null}} Event */
/** @typedef {{policy: string, events: Event[]}} Tree */

const [LEFT, STEP, MIDDLE, HEIGHT, RADIUS] = [70, 130, 92, 190, 20];
const WIDTH = LEFT + 2 * STEP + 90;

/** @param {HTMLElement} place @param {Tree[]} trees @param {Say} tell */
export function draw(place, trees, tell) {
  for (const tree of trees) {
    const told = tree.events.map(({ who, presented, got }) => {
      const values = { who: tell(who), presented, got: got ?? "" };
      return got === null ? tell("is-refused", values) : tell("gets", values);
    });
    const label = tell("described", { policy: tree.policy, events: told.join("; ") });
    place.append(html("div", { class: "family" }, html("h4", {}, tree.policy), picture(tree, label, tell)));
  }
}

/** @param {number} generation */
const x = (generation) => LEFT + (generation - 1) * STEP;

/** @param {Tree} tree @param {string} label @param {Say} tell */
function picture({ events }, label, tell) {
  const known = new Set([1, ...events.flatMap(({ presented, got }) => [presented, got ?? presented])]);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "tree", role: "img", "aria-label": label });
  /** How many uses already leave a circle on one side: the next one takes a wider way. @type {Map<string, number>} */
  const taken = new Map();
  for (const [at, event] of events.entries()) {
    const key = `${event.who} ${event.presented}`;
    const turn = taken.get(key) ?? 0;
    taken.set(key, turn + 1);
    drawing.append(use(event, at + 1, turn));
  }
  for (const generation of [...known].sort((a, b) => a - b)) {
    drawing.append(svg("circle", { cx: x(generation), cy: MIDDLE, r: RADIUS, class: "token" }), words(x(generation), MIDDLE + 5, String(generation), "number"));
  }
  for (const [who, y] of /** @type {[string, number][]} */ ([["victim", 18], ["thief", HEIGHT - 10]])) drawing.append(words(4, y, tell(who), who, "start"));
  return drawing;
}

/** One use of a token. @param {Event} event @param {number} order @param {number} turn */
function use({ who, presented, got }, order, turn) {
  const side = who === "victim" ? -1 : 1;
  const start = x(presented);
  const lift = side * (34 + turn * 18);
  const group = svg("g", { class: who });
  if (got === null) {
    const [cx, cy] = [start + 26 + turn * 22, MIDDLE + lift];
    group.append(path(`M ${start + 6} ${MIDDLE + side * (RADIUS - 2)} Q ${start + 10} ${cy} ${cx - 8} ${cy}`),
      path(`M ${cx - 7} ${cy - 7} l 14 14 m 0 -14 l -14 14`, "cross"), words(cx + 16, cy + 5, `${order}`, "order", "start"));
  } else if (got === presented) {
    group.append(path(`M ${start - 10} ${MIDDLE + side * (RADIUS - 3)} C ${start - 34} ${MIDDLE + lift * 1.5} ${start + 34} ${MIDDLE + lift * 1.5} ${start + 10} ${MIDDLE + side * (RADIUS - 3)}`),
      arrowHead(start + 10, MIDDLE + side * (RADIUS + 1), side), words(start + 34, MIDDLE + lift * 1.1 + 4, `${order}`, "order"));
  } else {
    const end = x(got);
    group.append(path(`M ${start + 12} ${MIDDLE + side * (RADIUS - 4)} Q ${(start + end) / 2} ${MIDDLE + lift * 1.7} ${end - 12} ${MIDDLE + side * (RADIUS - 2)}`),
      arrowHead(end - 12, MIDDLE + side * (RADIUS - 1), side), words((start + end) / 2, MIDDLE + lift + (side < 0 ? -8 : 20), `${order}`, "order"));
  }
  return group;
}

/** @param {string} d @param {string} [kind] */
const path = (d, kind = "way") => svg("path", { d, class: kind });

/** @param {number} tipX @param {number} tipY @param {number} side */
const arrowHead = (tipX, tipY, side) => svg("path", { d: `M ${tipX} ${tipY} l -9 ${side * 3} l 5 ${side * 7} z`, class: "tip" });

/** @param {number} atX @param {number} atY @param {string} content @param {string} kind @param {string} [anchor] */
function words(atX, atY, content, kind, anchor = "middle") {
  const element = svg("text", { x: atX, y: atY, class: kind, "text-anchor": anchor });
  element.textContent = content;
  return element;
}
