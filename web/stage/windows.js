// @ts-check
/** Steps that move the page itself: links, forms, and pages within pages. A navigation lands on the stage of its target. */

/** @typedef {import("./stage.js").Act} Act */
/** @typedef {import("./stage.js").Step} Step */
/** @typedef {import("./stage.js").Stage} Stage */

/** What a step returns that has left the page: nothing more may happen on it. */
export const LEFT = Symbol("left");

const PATIENCE_MS = 8_000;
/** After how long a navigation that has not begun is taken for dropped. */
const DROPPED_MS = 1_500;
/** How long the answer to the last errand is to be seen. */
const LAST_ANSWER_MS = 800;
/** How often an errand is begun whose request does not come: the form was dropped on a busy machine. The bank books it once. */
const TRIES = 3;
/** How often the server, which holds each question for a while, is asked whether something has come in. */
const PATIENT = 18;

/** @param {Step} step @param {Stage} stage */
const landing = (step, stage) => `${stage.address(step.to, step.path ?? `/stage/landed/${step.label}`)}#${stage.onward()}`;

const leave = () => Promise.resolve(LEFT);

/** @type {Act} */
function followLink(step, stage) {
  const link = document.createElement("a");
  link.href = landing(step, stage);
  document.body.append(link);
  link.click();
  return leave();
}

/** @type {Act} */
function assignLocation(step, stage) {
  location.assign(landing(step, stage));
  return leave();
}

/** @type {Act} Sends a form. With `shown`, its fields are seen for that many milliseconds before it sends itself. */
async function submitForm(step, stage) {
  const form = document.createElement("form");
  form.method = step.do === "form-get" ? "get" : "post";
  form.action = landing(step, stage);
  // A GET form replaces the query of its address, so the run id goes along as a field.
  const fields = { ...(form.method === "get" ? { run: stage.run } : {}), ...step.fields };
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    input.type = step.shown === undefined ? "hidden" : "text";
    input.readOnly = true;
    input.name = name;
    input.value = String(value);
    const label = document.createElement("label");
    label.append(name, input);
    form.append(label);
  }
  (document.querySelector("main") ?? document.body).append(form);
  if (step.shown !== undefined) {
    const says = document.querySelector("#form-says");
    if (says instanceof HTMLElement) says.hidden = false;
    await new Promise((resolve) => setTimeout(resolve, step.shown));
  }
  form.submit();
  return LEFT;
}

/** @type {Act} Loads this page again, from the server. */
function reload(_, stage) {
  history.replaceState(null, "", `#${stage.onward()}`);
  location.reload();
  return leave();
}

/** @type {Act} Goes to another page, which sends the visitor back here at once, as the back button would. */
function leaveAndComeBack(step, stage) {
  stage.expectReturn(step.label ?? "back");
  location.assign(`${stage.address(step.to, "/stage/landed/back")}#${stage.back()}`);
  return leave();
}

/** @type {Act} The back button. */
function goBack() {
  // A page that is left while it still loads is no entry of the history.
  setTimeout(() => history.back(), 200);
  return leave();
}

/** Opens a tab at the visitor's click, as browsers demand. @param {string} address @param {string} features
 * @returns {Promise<Window | null>} The tab, where it is to be had. */
export function openByClick(address, features) {
  const button = document.querySelector("#click");
  if (!(button instanceof HTMLButtonElement)) return Promise.resolve(null);
  button.hidden = false;
  button.dataset.stepClick = "";
  return new Promise((resolve) => {
    button.addEventListener("click", () => {
      button.hidden = true;
      resolve(open(address, "_blank", features));
    }, { once: true });
  });
}

/** @type {Act} Runs steps in a tab of its own, which the visitor opens by a click; the tab has no opener to copy from. */
async function runInNewTab(step, stage) {
  const over = new Promise((resolve) => {
    new BroadcastChannel("stage").addEventListener("message", () => resolve("over"));
  });
  await openByClick(`${stage.address(stage.here, "/stage")}#${stage.onward({ steps: step.steps, next: 0, child: true })}`, "noopener");
  return { outcome: await over };
}

/** @type {Window | null} The second tab, which this page sends about. */
let errands = null;

/** @type {Act} Sends a second tab, which the visitor opens by one click for all errands, through steps whose last one leaves for a
 * server: a navigation of the whole tab, as by a link in a mail. It is over when the request of this label has come in. */
async function runErrand(step, stage) {
  const start = `start-${step.label}`;
  const address = `${stage.address(step.of, `/stage?label=${start}`)}#${stage.onward({ steps: step.steps, next: 0, child: true })}`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (errands === null || errands.closed) errands = await openByClick(address, "");
    else errands.location.replace(address);
    // A browser may drop a navigation that begins while the one before it is being shown.
    const again = setInterval(() => errands?.location.replace(address), DROPPED_MS);
    await stage.comes(start).finally(() => clearInterval(again));
    if (await stage.comes(step.label)) return { outcome: "came" };
  }
  return { outcome: "nothing" };
}

/** @type {Act} Closes the second tab, once it has had time to show the last answer: a browser may keep a tab that is closed under way. */
async function endErrands() {
  await new Promise((resolve) => setTimeout(resolve, LAST_ANSWER_MS));
  errands?.close();
}

/** @type {Act} Waits until the lab's own page, or another page, says that it is so far. */
async function waitFor(step, stage) {
  for (let asked = 0; asked < PATIENT; asked += 1) if (await stage.comes(step.for)) return;
  return { error: `nobody said ${step.for}` };
}

/** @type {Act} Runs steps in a frame of another origin within this page. */
async function runFramed(step, stage) {
  const frame = document.createElement("iframe");
  const over = new Promise((resolve) => {
    setTimeout(() => resolve("nothing"), PATIENCE_MS);
    addEventListener("message", (event) => {
      if (event.source === frame.contentWindow && event.data === "stage-over") resolve("over");
    });
  });
  frame.src = `${stage.address(step.of, "/stage")}#${stage.onward({ steps: step.steps, next: 0, framed: true })}`;
  document.body.append(frame);
  const outcome = await over;
  frame.remove();
  return { outcome };
}

/** By these names a plan calls them. @type {Record<string, Act>} */
export const WINDOWS = {
  "link": followLink,
  "location": assignLocation,
  "form-get": submitForm,
  "form-post": submitForm,
  "reload": reload,
  "frame": runFramed,
  "new-tab": runInNewTab,
  "errand": runErrand,
  "end-errands": endErrands,
  "wait": waitFor,
  "leave-and-come-back": leaveAndComeBack,
  "back": goBack,
};
