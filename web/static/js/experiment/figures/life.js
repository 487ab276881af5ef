// @ts-check
/** How long a copied token goes on living after its owner has logged out: a bar from the logout to `exp`, and a countdown to it. */

import { html, svg } from "../../dom.js";

const WIDTH = 720;
const HEIGHT = 96;

/** @param {HTMLElement} place @param {{loggedOut: number, expires: number}} data In milliseconds by the lab's clock.
 * @param {import("../figures.js").Say} tell @param {() => number} now */
export function draw(place, { loggedOut, expires }, tell, now) {
  const lasts = Math.max(0, expires - loggedOut);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "life", role: "img", "aria-label": tell("alive", { time: inWords(lasts) }) });
  const [left, right] = [120, WIDTH - 120];
  picture.append(
    svg("rect", { x: 0, y: 38, width: left, height: 14, class: "owned" }),
    svg("rect", { x: left, y: 38, width: right - left, height: 14, class: "stolen" }),
    svg("line", { x1: left, x2: left, y1: 24, y2: 66, class: "edge" }),
    svg("line", { x1: right, x2: right, y1: 24, y2: 66, class: "edge" }),
    text(left, 16, tell("logged-out")), text(right, 16, tell("expires")),
    text((left + right) / 2, 84, tell("alive", { time: inWords(lasts) }), "loud"),
  );
  const countdown = html("p", { class: "countdown" });
  place.append(picture, countdown);
  const tick = () => {
    const left = expires - now();
    countdown.textContent = left > 0 ? tell("left", { time: inWords(left) }) : tell("over");
    return left > 0 && place.contains(countdown);
  };
  tick();
  const timer = setInterval(() => tick() || clearInterval(timer), 1_000);
}

/** @param {number} x @param {number} y @param {string} content @param {string | null} [kind] */
function text(x, y, content, kind = null) {
  const element = svg("text", { x, y, class: kind, "text-anchor": "middle" });
  element.textContent = content;
  return element;
}

/** "14 min 59 s". @param {number} milliseconds */
export function inWords(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const parts = [[days, "d"], [hours, "h"], [minutes, "min"], [seconds % 60, "s"]].filter(([count]) => Number(count) > 0);
  return parts.slice(0, 2).map(([count, unit]) => `${count} ${unit}`).join(" ") || "0 s";
}
