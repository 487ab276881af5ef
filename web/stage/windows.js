// @ts-check
/** Steps that move the page itself: links, forms, and pages within pages. A navigation lands on the stage of its target. */

/** @typedef {import("./stage.js").Act} Act */
/** @typedef {import("./stage.js").Step} Step */
/** @typedef {import("./stage.js").Stage} Stage */

/** What a step returns that has left the page: nothing more may happen on it. */
export const LEFT = Symbol("left");

const PATIENCE_MS = 8_000;

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

/** @type {Act} */
function submitForm(step, stage) {
  const form = document.createElement("form");
  form.method = step.do === "form-get" ? "get" : "post";
  form.action = landing(step, stage);
  // A GET form replaces the query of its address, so the run id goes along as a field.
  const fields = { ...(form.method === "get" ? { run: stage.run } : {}), ...step.fields };
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = String(value);
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  return leave();
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

/** @type {Act} Runs steps in a tab of its own, which the visitor opens by a click; the tab has no opener to copy from. */
async function runInNewTab(step, stage) {
  const button = document.querySelector("#click");
  if (!(button instanceof HTMLButtonElement)) return { outcome: "no button" };
  const over = new Promise((resolve) => {
    new BroadcastChannel("stage").addEventListener("message", () => resolve("over"));
  });
  button.hidden = false;
  button.dataset.stepClick = "";
  button.addEventListener("click", () => {
    open(`${stage.address(stage.here, "/stage")}#${stage.onward({ steps: step.steps, next: 0, child: true })}`, "_blank", "noopener");
    button.hidden = true;
  }, { once: true });
  return { outcome: await over };
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
  "leave-and-come-back": leaveAndComeBack,
  "back": goBack,
};
