// @ts-check
/** The ways in which a page can make a browser send a request. What is sent along is the browser's decision alone. */

/** @typedef {import("./stage.js").Act} Act */
/** @typedef {import("./stage.js").Step} Step */
/** @typedef {import("./stage.js").Stage} Stage */

/** How long a request without an answer is waited for. */
const PATIENCE_MS = 3_000;

/** @param {Step} step @param {Stage} stage */
const target = (step, stage) => stage.address(step.to, step.path ?? `/stage/echo/${step.label}`);

/** The landing page alone may be framed. @param {Step} step @param {Stage} stage */
const framed = (step, stage) => stage.address(step.to, step.path ?? `/stage/landed/${step.label}`);

/** @type {Act} A script's request; the report says what the script may read of the answer. */
async function sendFetch(step, stage) {
  try {
    const answer = await fetch(target(step, stage), { cache: "no-store", ...step.options });
    if (answer.type === "opaque" || answer.type === "opaqueredirect") return { outcome: "opaque" };
    return { outcome: "read", status: answer.status, body: (await answer.text()).slice(0, 2_000) };
  } catch (error) {
    return { outcome: "blocked", error: String(error) };
  }
}

/** Waits for one of these events. @param {EventTarget} source @param {string[]} names @returns {Promise<string>} */
function settled(source, names) {
  return new Promise((resolve) => {
    setTimeout(() => resolve("nothing"), PATIENCE_MS);
    for (const name of names) source.addEventListener(name, () => resolve(name), { once: true });
  });
}

/** @type {Act} */
async function loadImage(step, stage) {
  const image = new Image();
  const end = settled(image, ["load", "error"]);
  image.src = target(step, stage);
  return { outcome: await end };
}

/** @type {Act} */
async function loadFrame(step, stage) {
  const frame = document.createElement("iframe");
  const end = settled(frame, ["load", "error"]);
  frame.src = framed(step, stage);
  document.body.append(frame);
  const outcome = await end;
  frame.remove();
  return { outcome };
}

/** @type {Act} */
async function openEventSource(step, stage) {
  const source = new EventSource(target(step, stage), { withCredentials: true });
  const outcome = await settled(source, ["open", "error"]);
  source.close();
  return { outcome };
}

/** @type {Act} */
async function openWebSocket(step, stage) {
  const socket = new WebSocket(target(step, stage).replace(/^http/, "ws"));
  const outcome = await settled(socket, ["open", "error"]);
  socket.close();
  return { outcome };
}

/** @type {Act} */
async function sendBeacon(step, stage) {
  return { outcome: navigator.sendBeacon(target(step, stage), "beacon") ? "queued" : "refused" };
}

/** @type {Act} Has the server of this origin set cookies, worded as whole `Set-Cookie` lines. */
async function setCookies(step, stage) {
  const body = JSON.stringify({ set: step.lines });
  const address = stage.address(stage.here, "/stage/cookies");
  const answer = await fetch(address, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  return { outcome: answer.ok ? "set" : "refused" };
}

/** @type {Act} Which cookies a script of this page can read. */
const readCookies = () => Promise.resolve({ cookies: document.cookie });

/** @type {Act} Logs out at the server of this page. */
async function logOut(_, stage) {
  const address = stage.address(stage.here, "/logout");
  const answer = await fetch(address, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } });
  return { status: answer.status };
}

/** By these names a plan calls them. @type {Record<string, Act>} */
export const REQUESTS = {
  "fetch": sendFetch,
  "img": loadImage,
  "iframe": loadFrame,
  "event-source": openEventSource,
  "web-socket": openWebSocket,
  "beacon": sendBeacon,
  "set-cookies": setCookies,
  "read-cookies": readCookies,
  "log-out": logOut,
};
