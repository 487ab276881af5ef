// @ts-check
/** How wide text is in the fonts of the diagram, measured on a canvas that is never shown. */

/** Sizes relative to the type size of the diagram; the style sheet's `.mono` and `.small` say the same. */
const MONO = 0.96;
const SMALL = 0.925;

/** @param {Element} element Whose fonts count. @returns {{em: number, measure: import("./scene.js").Measure}} */
export function measureIn(element) {
  const style = getComputedStyle(element);
  const em = Number.parseFloat(style.fontSize);
  const monoFamily = style.getPropertyValue("--mono").trim();
  const context = document.createElement("canvas").getContext("2d");
  return {
    em,
    measure(text, { mono, small, bold }) {
      if (context === null) return text.length * em * 0.6;
      const size = em * (mono ? MONO : small ? SMALL : 1);
      context.font = `${bold ? 700 : 400} ${size}px ${mono ? monoFamily : style.fontFamily}`;
      return context.measureText(text).width;
    },
  };
}
