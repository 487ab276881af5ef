// @ts-check
/**
 * The vocabulary between placing and drawing: a scene is plain data, so a layout can be tested without a browser.
 */

/** @typedef {import("./elide.js").Segment} Segment */
/**
 * @typedef {object} TextShape
 * @property {"text"} shape
 * @property {number} x
 * @property {number} y Of the baseline.
 * @property {Segment[]} segments
 * @property {boolean} [mono]
 * @property {boolean} [small]
 * @property {boolean} [bold]
 * @property {"start" | "end" | "middle"} [anchor]
 * @property {string} [field] A `data-field`, by which tests and styles find it.
 */
/** @typedef {"lane" | "application" | "refused" | "thin"} ArrowLook */
/** @typedef {{shape: "arrow", from: number, to: number, y: number, look: ArrowLook, dashed?: boolean}} ArrowShape */
/** @typedef {"step" | "badge" | "alarm" | "tag" | "zero" | "hit"} BoxLook */
/** @typedef {{shape: "box", x: number, y: number, width: number, height: number, look: BoxLook}} BoxShape */
/** @typedef {{shape: "rule", x1: number, x2: number, y: number}} RuleShape */
/** @typedef {{shape: "life", x: number, y1: number, y2: number, look?: "elsewhere"}} LifeShape */
/** @typedef {TextShape | ArrowShape | BoxShape | RuleShape | LifeShape} Shape */

/**
 * Shapes that belong together: one arrow with its words, or one step. They appear together when the scene is drawn in.
 * @typedef {object} Group
 * @property {"request" | "response" | "step" | "note"} kind
 * @property {Shape[]} shapes
 * @property {Record<string, string | number>} [data] `data-` attributes.
 * @property {string} [label] For those who hear the picture.
 */
/** @typedef {{width: number, height: number, ground: Shape[], groups: Group[]}} Scene */

/** Measures text in pixels. @typedef {(text: string, font: {mono?: boolean, small?: boolean, bold?: boolean}) => number} Measure */

/** What a layout works with. @typedef {{em: number, measure: Measure, at: Columns}} Frame */
/** A group, and the height at which it ends. @typedef {{group: Group, y: number}} Placed */

/**
 * The three lifelines of a sequence diagram, and where times end. `wide` is whether times have a column of their own.
 * @typedef {{browser: number, server: number, store: number, times: number, wide: boolean, width: number}} Columns
 */

/**
 * Where the lifelines stand. In a narrow lane the words of a request may run on over the server's line, since nothing else
 * is at that height; the steps to its right need the room more.
 * @param {number} width @param {number} em @returns {Columns}
 */
export function columns(width, em) {
  const wide = width >= 31 * em;
  if (!wide) {
    const store = width - 1.25 * em;
    return { browser: em, server: 0.32 * width, store, times: store - 0.9 * em, wide, width };
  }
  const browser = Math.min(0.1 * width, 5 * em);
  const store = width - 5.2 * em;
  return { browser, server: browser + 0.48 * (store - browser), store, times: width - 0.8 * em, wide, width };
}

/** @param {string} text @param {import("./elide.js").Tone} [tone] @returns {Segment[]} */
export const plain = (text, tone = "ink") => [{ text, tone }];

/** The area of a message that a pointer may hit and that shows the focus.
 * @param {Frame} frame @param {number} y1 @param {number} y2 @param {number} [right] @returns {Shape} */
export function hitArea({ at, em }, y1, y2, right = at.width - 0.5 * em) {
  const x = at.browser - 0.5 * em;
  return { shape: "box", x, y: y1, width: right - x, height: y2 - y1, look: "hit" };
}
