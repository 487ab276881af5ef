// @ts-check
/**
 * The own script of the vulnerable page: logs in, or finds its credential where it keeps it, and reads the balance, as the
 * page of a bank does. Where the notes are to be written by a script, it writes them as no page should.
 *
 * What comes of it, it tells the stage around it, which is of the same origin and reports it.
 */

/** @typedef {{data: {shown?: Shown, violation?: Violation, sent?: string, waits?: "log-in", injected?: true}}} Told */
/** @typedef {{directive: string, blocked: string}} Violation */
/**
 * @typedef {object} Shown
 * @property {number} notes How many notes are in the page.
 * @property {string} text What a reader sees of them.
 * @property {number} me The status of the page's own `GET /me`.
 * @property {string | null} error What the browser said to the assignment of a note.
 */

const TOKEN = "token";
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const search = new URLSearchParams(location.search);

/** @param {Told["data"]} what */
const tell = (what) => parent.postMessage(what, location.origin);

document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
  tell({ violation: { directive: effectiveDirective, blocked: blockedURI } });
});
new PerformanceObserver((list) => {
  for (const { name } of list.getEntries()) tell({ sent: name });
}).observe({ type: "resource", buffered: true });

/** An address of the bank, in the run of this page. @param {string} path */
function address(path) {
  const url = new URL(path, location.origin);
  url.searchParams.set("run", search.get("run") ?? "");
  url.searchParams.set("page", main.dataset.label ?? "");
  return url.href;
}

/** Writes a note into its place, and waits until its pictures have failed or loaded: by then their handlers have run.
 * @param {HTMLElement} place @param {string} note */
async function write(place, note) {
  // ANCHOR: inner-html
  // dangerously: the note becomes markup; place.textContent = note would keep it a text.
  place.innerHTML = note;
  // ANCHOR_END: inner-html
  await Promise.all([...place.querySelectorAll("img")].map((image) => new Promise((resolve) => {
    image.addEventListener("error", resolve);
    image.addEventListener("load", resolve);
  })));
}

/** @returns {Promise<string | null>} */
async function writeNotes() {
  for (const place of document.querySelectorAll("[data-html]")) {
    if (!(place instanceof HTMLElement)) continue;
    try {
      await write(place, place.dataset.html ?? "");
    } catch (error) {
      return String(error);
    }
  }
  return null;
}

/** Logs in with what is typed into the form. @returns {Promise<string>} The access token. */
function logIn() {
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
  form.hidden = false;
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      form.hidden = true;
      const body = JSON.stringify(Object.fromEntries(new FormData(form)));
      const answer = await fetch(address("/login"), { method: "POST", body, headers: { "Content-Type": "application/json" } });
      resolve((await answer.json()).access_token);
    }, { once: true });
    tell({ waits: "log-in" });
  });
}

/** The bank as this page sees it. The token is in no object: only the function that uses it can name it.
 * @returns {Promise<{me: () => Promise<Response>}>} */
async function bank() {
  const token = main.dataset.keep === "closure" ? await logIn()
    : main.dataset.keep === "local-storage" ? localStorage.getItem(TOKEN) : null;
  /** @type {Record<string, string>} */
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  return { me: () => fetch(address("/me"), { headers }) };
}

const error = await writeNotes();
const answer = await (await bank()).me();
const me = await answer.json();
const who = /** @type {HTMLElement} */ (main.querySelector(".who"));
if (answer.ok) who.textContent = (main.dataset.knows ?? "").replace("{name}", me.username);
const notes = [...document.querySelectorAll(".note")];
const text = notes.map((note) => note.textContent).join("\n").slice(0, 400);
tell({ shown: { notes: notes.length, text, me: answer.status, error } });
