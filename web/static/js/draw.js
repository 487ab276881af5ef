// @ts-check
/**
 * Draws a scene as SVG. Colours and type come from the style sheet; only places and lengths are set here, as attributes,
 * since the page's policy allows no inline style.
 */

import { svg } from "./dom.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./scene.js").Group} Group */
/** @typedef {import("./scene.js").Shape} Shape */

/** @param {Shape} shape @param {number} em @returns {SVGElement} */
function drawShape(shape, em) {
  switch (shape.shape) {
    case "text": return drawText(shape);
    case "arrow": return drawArrow(shape, em);
    case "rule": return svg("path", { class: "rule", d: `M${shape.x1} ${shape.y}H${shape.x2}` });
    case "life":
      return svg("path", { class: `life ${shape.look ?? ""}`, d: `M${round(shape.x)} ${shape.y1}V${shape.y2}` });
    case "box": {
      const { x, y, width, height, look } = shape;
      const rx = look === "tag" ? height / 2 : 0.45 * em;
      return svg("rect", { class: look, x: round(x), y: round(y), width: round(width), height: round(height), rx });
    }
  }
}

/** @param {import("./scene.js").TextShape} shape */
function drawText({ x, y, segments, mono, small, bold, anchor, field }) {
  const classes = [mono && "mono", small && "small", bold && "bold"].filter(Boolean).join(" ");
  const spans = segments.map(({ text, tone }) => svg("tspan", { class: tone }, text));
  const attributes = { class: classes || null, x: round(x), y: round(y), "text-anchor": anchor, "data-field": field };
  return svg("text", attributes, ...spans);
}

/** @param {import("./scene.js").ArrowShape} shape @param {number} em */
function drawArrow({ from, to, y, look, dashed }, em) {
  const way = Math.sign(to - from);
  const size = (look === "thin" ? 0.5 : 0.82) * em;
  const neck = to - way * size * 0.8;
  const line = svg("path", { class: "line", d: `M${round(from)} ${round(y)}H${round(neck)}` });
  const tip = `M${round(to)} ${round(y)}l${round(-way * size)} ${round(-size * 0.46)}v${round(size * 0.92)}z`;
  const classes = ["arrow", look, dashed && "dashed", way < 0 && "back"].filter(Boolean).join(" ");
  const arrow = svg("g", { class: classes }, line, svg("path", { class: "head", d: tip }));
  if (look === "refused") {
    // A cross on the shaft, near the server that refuses: it must be seen without its colour.
    const x = from + way * 1.6 * em;
    const arm = round(0.42 * em);
    const cross = `M${round(x - arm)} ${round(y - arm)}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`;
    arrow.append(svg("path", { class: "cross", d: cross }));
  }
  return arrow;
}

/** @param {Group} group @param {number} em */
function drawGroup({ kind, shapes, data = {}, label }, em) {
  // The spaces are not seen; they keep the words apart for whoever reads the text of the group.
  const drawn = svg("g", { class: `part ${kind}` }, ...shapes.flatMap((shape) => [drawShape(shape, em), " "]));
  for (const [name, value] of Object.entries(data)) drawn.setAttribute(`data-${name}`, String(value));
  if (kind === "request" || kind === "response") {
    drawn.setAttribute("role", "button");
    drawn.setAttribute("tabindex", "0");
    drawn.setAttribute("data-opens", kind);
  }
  const words = kind === "step" ? "" : wordsOf(shapes);
  if (label !== undefined) drawn.setAttribute("aria-label", words === "" ? label : `${words}. ${label}`);
  if (kind === "step") drawn.setAttribute("role", "img");
  return drawn;
}

/** What a group says to the eye, so that its name for the ear contains the same (WCAG 2.5.3). @param {Shape[]} shapes */
function wordsOf(shapes) {
  const texts = shapes.filter((shape) => shape.shape === "text");
  return texts.map(({ segments }) => segments.map(({ text }) => text).join("")).join(" ");
}

/** @param {Scene} scene @param {number} em @returns {SVGSVGElement} */
export function drawScene({ width, height, ground, groups }, em) {
  const exchange = svg("g", { class: "exchange", role: "group" }, ...groups.map((group) => drawGroup(group, em)));
  const backdrop = svg("rect", { class: "backdrop", width: round(width), height });
  return svg("svg", { width: round(width), height, viewBox: `0 0 ${round(width)} ${height}` },
    backdrop, ...ground.map((shape) => drawShape(shape, em)), exchange);
}

/** Lets the parts appear one after the other, briefly, in the order in which they happened.
 * @param {SVGSVGElement} drawn */
export function drawIn(drawn) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const parts = [...drawn.querySelectorAll(".part")];
  const step = Math.min(70, 600 / parts.length);
  parts.forEach((part, index) => {
    const timing = { duration: 220, delay: index * step, easing: "ease-out", fill: /** @type {const} */ ("backwards") };
    part.animate([{ opacity: 0 }, { opacity: 1 }], timing);
    for (const arrow of part.querySelectorAll(".arrow")) {
      const hidden = arrow.classList.contains("back") ? "inset(-10px 0 -10px 100%)" : "inset(-10px 100% -10px 0)";
      arrow.animate([{ clipPath: hidden }, { clipPath: "inset(-10px 0 -10px 0)" }], timing);
    }
  });
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
