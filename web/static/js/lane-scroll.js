// @ts-check
/**
 * Keeps the newest exchange of a lane in view, unless the reader has scrolled up to look at an older one; then a button
 * offers the way back.
 */

const NEAR_PX = 60;

/** @param {HTMLElement} area @param {HTMLButtonElement} toNewest */
export function followNewest(area, toNewest) {
  let following = true;

  /** Where the area stands when the newest is in view; one taller than the area is shown from its beginning. */
  const wanted = () => {
    const end = area.scrollHeight - area.clientHeight;
    const newest = area.querySelector("li:last-child");
    if (newest === null) return end;
    const head = area.querySelector(".actors")?.clientHeight ?? 0;
    const top = newest.getBoundingClientRect().top - area.getBoundingClientRect().top + area.scrollTop - head;
    return Math.min(end, top);
  };
  const show = () => {
    area.scrollTop = wanted();
    toNewest.hidden = following = true;
  };

  area.addEventListener("scroll", () => {
    following = area.scrollTop >= wanted() - NEAR_PX;
    toNewest.hidden = following;
  }, { passive: true });
  toNewest.addEventListener("click", show);
  new ResizeObserver(() => following && show()).observe(area);

  return {
    /** Call when something was drawn. */
    drawn() {
      if (following) show();
      else toNewest.hidden = false;
    },
    /** Whatever the reader was looking at, the newest is wanted now: the reader is about to cause it. */
    follow() {
      following = true;
    },
  };
}
