// @ts-check
/** A step that shows the vulnerable page of this origin in a frame, and reports what became of it. */

/** @typedef {import("./stage.js").Act} Act */
/** @typedef {import("./stage.js").Step} Step */
/** @typedef {import("./stage.js").Stage} Stage */

/** How long the page, and a script that was injected into it, may take. */
const PATIENCE_MS = 4_000;
/** What is still on its way when the end is near: a message about a request that was refused. */
const REST_MS = 80;

/**
 * @typedef {object} Found
 * @property {boolean} ran Whether the injected script has said that it runs.
 * @property {import("./vulnerable.js").Shown | null} shown What the page's own script said when it was done.
 * @property {import("./vulnerable.js").Violation[]} violations What the browser refused, by the policy of the page.
 * @property {string[]} sent What was loaded, answered or not.
 * @property {boolean} left Whether the frame is at another origin now.
 * @property {boolean} clicked Whether the visitor has clicked.
 */

/** Whether there is nothing left to wait for. @param {Found} found @param {Step} step */
function isOver(found, step) {
  if (found.left) return true;
  if (found.shown === null) return false;
  if (!found.ran) return true;
  if (step.click === true) return found.clicked;
  const tried = [...found.sent, ...found.violations.map(({ blocked }) => blocked)];
  return tried.some((address) => address.includes(step.until));
}

/** Types name and password into the page, as its visitor does. @param {HTMLIFrameElement} frame @param {Step} step */
function typeIn(frame, step) {
  const form = frame.contentDocument?.querySelector("form");
  for (const [name, value] of Object.entries(step.login ?? {})) {
    const field = form?.elements.namedItem(name);
    if (field instanceof /** @type {any} */ (frame.contentWindow).HTMLInputElement) field.value = value;
  }
  form?.requestSubmit();
}

/** Waits for a click of the visitor and hands it on to the page in the frame, which then opens what it likes.
 * @param {HTMLIFrameElement} frame @param {() => void} clicked */
function askForClick(frame, clicked) {
  const button = document.querySelector("#click-popup");
  if (!(button instanceof HTMLButtonElement)) return;
  button.hidden = false;
  button.dataset.stepClick = "";
  button.focus();
  button.addEventListener("click", () => {
    button.hidden = true;
    delete button.dataset.stepClick;
    frame.contentDocument?.body.click();
    clicked();
  }, { once: true });
}

/** @param {HTMLIFrameElement} frame @param {Step} step @returns {Promise<Found>} */
function watch(frame, step) {
  /** @type {Found} */
  const found = { ran: false, shown: null, violations: [], sent: [], left: false, clicked: false };
  return new Promise((resolve) => {
    const give = setTimeout(() => resolve(found), step.click === true ? 10 * PATIENCE_MS : PATIENCE_MS);
    const look = () => {
      if (!isOver(found, step)) return;
      clearTimeout(give);
      setTimeout(() => resolve(found), REST_MS);
    };
    addEventListener("message", (/** @type {MessageEvent & import("./vulnerable.js").Told} */ { source, data }) => {
      if (source !== frame.contentWindow || typeof data !== "object") return;
      if (data.injected === true) found.ran = true;
      if (data.waits === "log-in") typeIn(frame, step);
      if (data.violation !== undefined) found.violations.push(data.violation);
      if (data.sent !== undefined) found.sent.push(data.sent);
      if (data.shown !== undefined) found.shown = data.shown;
      if (data.shown !== undefined && found.ran && step.click === true) {
        askForClick(frame, () => {
          found.clicked = true;
          look();
        });
      }
      look();
    });
    frame.addEventListener("load", () => {
      found.left = frame.contentDocument === null;
      look();
    });
  });
}

/** @type {Act} The page keeps its credential as the step says; where that is localStorage, a step before has put it there. */
async function openVulnerable(step, stage) {
  const url = new URL(stage.address(stage.here, `/stage/vulnerable/${step.label}`));
  for (const [name, value] of Object.entries(step.page)) url.searchParams.set(name, String(value));
  const frame = document.createElement("iframe");
  frame.className = "victim";
  frame.src = url.href;
  const over = watch(frame, step);
  const place = document.querySelector("#victim");
  if (place instanceof HTMLElement) {
    place.hidden = false;
    place.append(frame);
  }
  const found = await over;
  // Out of sight, and alive: what it has sent may still be on its way.
  frame.hidden = true;
  const { ran, shown, violations, left } = found;
  return { ran, shown, violations, left };
}

/** By these names a plan calls them. @type {Record<string, Act>} */
export const VICTIMS = { "open-vulnerable": openVulnerable };
