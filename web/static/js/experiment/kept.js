// @ts-check
/**
 * What the experiments keep between visits: predictions, results, and the browser's passport. All of it stays in this
 * page's own storage, and never in a cookie, which would travel with the very requests that are looked at.
 */

/** @typedef {Record<string, string>} Facts What the passport found out, by the name of the fact. */
/**
 * @typedef {object} Passport
 * @property {Facts} facts
 * @property {string} agent The `User-Agent` that it was taken in: another browser's passport is none.
 * @property {string} at When, by the lab's clock.
 */
/**
 * @typedef {object} Observation
 * @property {string} outcome
 * @property {number[]} exchanges The ids of the exchanges that decided it.
 * @property {string | null} note
 */
/**
 * @typedef {object} Result
 * @property {string} run
 * @property {string} at
 * @property {Facts | null} facts
 * @property {Record<string, Observation>} observed
 * @property {Record<string, unknown>} [figures] What pictures were drawn from, by the id of the picture.
 */

const PREFIX = "experiment:";
const PASSPORT = "passport";

/** @template T @param {string} key @returns {T | null} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null; // Somebody else's, or an older form: as good as none.
  }
}

/** @param {string} key @param {unknown} value */
function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the page works, and forgets.
  }
}

/** @returns {Passport | null} */
export function passport() {
  const kept = /** @type {Passport | null} */ (read(PASSPORT));
  return kept !== null && kept.agent === navigator.userAgent ? kept : null;
}

/** @param {Facts} facts @param {string} at */
export const keepPassport = (facts, at) => write(PASSPORT, { facts, agent: navigator.userAgent, at });

/** @param {string} id @returns {Record<string, string>} Outcome by cell. */
export const predictions = (id) => read(`${PREFIX}${id}:predicted`) ?? {};
/** @param {string} id @param {Record<string, string>} predicted */
export const keepPredictions = (id, predicted) => write(`${PREFIX}${id}:predicted`, predicted);

/** @param {string} id @returns {Result | null} */
export const result = (id) => read(`${PREFIX}${id}:result`);
/** @param {string} id @param {Result} result */
export const keepResult = (id, result) => write(`${PREFIX}${id}:result`, result);

/** @param {string} id @returns {Record<string, string>} What the reader has written, by the id of the input. */
export const inputs = (id) => read(`${PREFIX}${id}:inputs`) ?? {};
/** @param {string} id @param {Record<string, string>} written */
export const keepInputs = (id, written) => write(`${PREFIX}${id}:inputs`, written);

/** @param {string} id */
export function forget(id) {
  localStorage.removeItem(`${PREFIX}${id}:predicted`);
  localStorage.removeItem(`${PREFIX}${id}:result`);
}

/** What an unfinished run leaves for its continuation, after the browser was started again, say.
 * @param {string} id @returns {any} */
export const unfinished = (id) => read(`${PREFIX}${id}:unfinished`);
/** @param {string} id @param {unknown} state */
export function keepUnfinished(id, state) {
  if (state === null) localStorage.removeItem(`${PREFIX}${id}:unfinished`);
  else write(`${PREFIX}${id}:unfinished`, state);
}
