// @ts-check
/**
 * Everything that goes over the network: the one module that calls `fetch` and opens an `EventSource`.
 *
 * The two servers are called as a real single-page application would call them: from another origin, the session server
 * with the browser's cookies, the JWT server with a header that this page's script writes itself.
 */

/** @typedef {import("./exchange.js").Exchange} Exchange */
/**
 * @typedef {object} SessionRow
 * @property {string} id
 * @property {string} username
 * @property {string} device
 * @property {string} created_at
 * @property {string} seen_at
 * @property {string} idle_expires_at
 * @property {string} expires_at
 * @property {boolean} live
 */
/**
 * @typedef {object} FamilyRow
 * @property {string} id
 * @property {string} username
 * @property {string} device
 * @property {number} generation
 * @property {string} created_at
 * @property {string} rotated_at
 * @property {string} expires_at
 * @property {"live" | "expired" | "revoked"} state
 * @property {string | null} reason
 */
/**
 * @typedef {object} SessionState
 * @property {string} store
 * @property {string} cookie
 * @property {number} idle_timeout_seconds
 * @property {number} absolute_timeout_seconds
 * @property {SessionRow[]} rows
 */
/**
 * @typedef {object} JwtState
 * @property {string} algorithm
 * @property {number} access_lifetime_seconds
 * @property {number} refresh_lifetime_seconds
 * @property {FamilyRow[]} families
 */
/** @typedef {import("./benchmark/report.js").Benchmark} Benchmark */
/**
 * @typedef {object} LabState
 * @property {string} now
 * @property {number} offset_seconds
 * @property {Record<string, string>} origins
 * @property {{username: string, password: string}[]} users
 * @property {"best-practice" | "as-in-the-notes"} preset
 * @property {Record<string, string>} settings What pages have laid over the settings that the lab was started with.
 * @property {number} settings_version Counts the changes of the settings.
 * @property {number} last_exchange
 * @property {SessionState} session
 * @property {JwtState} jwt
 */
/** @typedef {"memory" | "sqlite" | "redis" | "postgres"} ReplicasStore */
/** @typedef {{store: ReplicasStore, revocation: string}} ReplicasMode */
/**
 * @typedef {object} ReplicasState
 * @property {ReplicasMode} mode
 * @property {boolean} is_cut Whether the engine that they share was killed.
 * @property {number} version Counts the orders.
 * @property {{store: ReplicasStore, missing: string | null}[]} stores With the reason why one cannot be chosen here.
 * @property {{name: string, server: "session" | "jwt", letter: string, origin: string, pid: number | null, command: string}[]} replicas
 */
/** @typedef {{act: "kill" | "restart", letter: string} | {act: "use", mode: ReplicasMode} | {act: "rotate_key" | "cut_store" | "mend_store" | "put_back"}} ReplicasOrder */
/** @typedef {{status: number, body: Record<string, any>, retryAfter: number | null, headers: Record<string, string>}} Answer */
/**
 * @typedef {object} Call
 * @property {unknown} [json]
 * @property {Record<string, string>} [form]
 * @property {string} [text] Sent as `text/plain`, as a form may send it.
 * @property {string} [bearer]
 * @property {boolean} [cookies]
 * @property {RequestMode} [mode]
 * @property {RequestCache} [cache] `no-store` unless told otherwise; it passes by the cache of preflights too.
 * @property {Record<string, string>} [headers] Beside those that the others bring.
 */

/** Ties this page's requests to their records. One for the life of the page: preflights are cached per address. */
export const run = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join("");

/** No answer came: the server is not running, or a browser rule withheld the answer. */
export class Unreachable extends Error {
  /** @param {string} origin @param {unknown} cause */
  constructor(origin, cause) {
    super(origin, { cause });
    /** @readonly */
    this.host = new URL(origin, location.href).host;
  }
}

/** For a request that a browser rule may withhold, or a server that is away: no answer is an outcome then. @param {unknown} error */
export function nullIfUnreachable(error) {
  if (error instanceof Unreachable) return null;
  throw error;
}

/** The lab itself answered with an error. */
export class Refused extends Error {
  /** @param {Answer} answer */
  constructor(answer) {
    super(answer.body.title ?? String(answer.status));
    /** @readonly */
    this.answer = answer;
  }
}

/** Calls one of the servers. An error status is an answer like any other here.
 * @param {string} origin @param {string} method @param {string} path @param {Call} [call]
 * @param {string} [tie] The run that the request belongs to, where it is not the page itself. @returns {Promise<Answer>} */
export function callServer(origin, method, path, call = {}, tie = run) {
  return request(`${origin}${path}${path.includes("?") ? "&" : "?"}run=${tie}`, method, call);
}

/** Has an origin set cookies, worded as whole `Set-Cookie` lines.
 * @param {string} origin @param {string[]} lines @param {string} tie */
export const setCookies = (origin, lines, tie) =>
  callServer(origin, "POST", "/stage/cookies", { json: { set: lines }, cookies: true }, tie);

/** @param {string} address @param {string} method @param {Call} call @returns {Promise<Answer>} */
async function request(address, method, { json, form, text, bearer, cookies, mode, cache = "no-store", headers: more }) {
  /** @type {Record<string, string>} */
  const headers = { ...more };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (bearer !== undefined) headers.Authorization = `Bearer ${bearer}`;
  const body = json !== undefined ? JSON.stringify(json) : form !== undefined ? new URLSearchParams(form) : text;
  /** @type {Response} */
  let response;
  try {
    response = await fetch(address, { method, headers, body, mode, credentials: cookies ? "include" : "omit", cache });
  } catch (cause) {
    throw new Unreachable(address, cause);
  }
  const retryAfter = response.headers.get("Retry-After");
  return {
    status: response.status,
    body: await response.json().catch(() => ({})),
    retryAfter: retryAfter === null ? null : Number(retryAfter),
    headers: Object.fromEntries(response.headers),
  };
}

/** @param {string} method @param {string} path @param {unknown} [json] @returns {Promise<any>} */
async function lab(method, path, json) {
  const answer = await request(path, method, { json });
  if (answer.status >= 400) throw new Refused(answer);
  return answer.body;
}

/** @returns {Promise<LabState>} */
export const fetchState = () => lab("GET", "/lab/state");
/** @param {string} advance @returns {Promise<LabState>} */
export const advanceClock = (advance) => lab("POST", "/lab/clock", { advance });
/** @returns {Promise<LabState>} */
export const resetClock = () => lab("POST", "/lab/clock/reset", {});
/** @returns {Promise<LabState>} */
export const resetLab = () => lab("POST", "/lab/reset", {});
/** @param {string} preset @returns {Promise<LabState>} */
export const choosePreset = (preset) => lab("POST", "/lab/preset", { preset });
/** Lays these settings, and no others, over those that the lab was started with; the servers that change restart in place.
 * @param {Record<string, string>} settings @returns {Promise<LabState>} */
export const changeSettings = (settings) => lab("POST", "/lab/settings", { settings });
/** Restarts a server in place, with the settings that it has.
 * @param {"session" | "jwt"} server @returns {Promise<LabState>} */
export const restartServer = (server) => lab("POST", "/lab/restart", { server });
/** Takes a server away, or brings it back.
 * @param {"session" | "jwt"} server @param {boolean} away @returns {Promise<LabState>} */
export const setAway = (server, away) => lab("POST", "/lab/away", { server, away });
/** Has a program, outside the browser, log in and read.
 * @param {{server: "session" | "jwt", tool: "client" | "curl", carry: "nothing" | "cookie" | "header", username?: string}} what @param {string} tie
 * @returns {Promise<{status: number | null, command: string}>} */
export const runProgram = (what, tie) => lab("POST", "/lab/program", { ...what, run: tie });
/** Has the bank's administrator, at another desk, act on a user.
 * @param {{server: "session" | "jwt", act: "ban" | "readmit" | "promote" | "demote", username: string}} order @param {string} tie
 * @returns {Promise<{status: number}>} */
export const administrate = (order, tie) => lab("POST", "/lab/administrator", { ...order, run: tie });
/** Has a program, outside the browser, try passwords and say in `X-Forwarded-For` from where.
 * @param {"session" | "jwt"} server @param {{username: string, password: string, from: string}[]} tries At most 40. @param {string} tie
 * @returns {Promise<{statuses: number[]}>} */
export const tryPasswords = (server, tries, tie) => lab("POST", "/lab/stranger", { server, tries, run: tie });
/** Has a client outside the browser send a copied credential.
 * @param {string} server @param {string} credential @param {string} [tie] @param {{to?: "read" | "refresh", proof?: string}} [how]
 * @returns {Promise<{exchange: number, status: number}>} */
export const replay = (server, credential, tie, how = {}) => lab("POST", "/lab/replay", { server, credential, run: tie, ...how });
/** The replicas of the lab; refused in a lab that has none. @returns {Promise<ReplicasState>} */
export const fetchReplicas = () => lab("GET", "/lab/replicas");
/** Has something done to the replicas, or to what they share; answers when it is done.
 * @param {ReplicasOrder} order @returns {Promise<ReplicasState>} */
export const orderReplicas = (order) => lab("POST", "/lab/replicas", order);
/** @param {string} id @returns {Promise<import("./experiment/verdict.js").Definition>} */
export const fetchExperiment = (id) => lab("GET", `/experiments/${id}.json`);
/** How far the benchmark is, and what there is to draw. @returns {Promise<Benchmark>} */
export const fetchBenchmark = () => lab("GET", "/lab/benchmark");
/** @param {{kind: string, rounds?: number, window_ms?: number}} order @returns {Promise<Benchmark>} */
export const startBenchmark = (order) => lab("POST", "/lab/benchmark", order);
/** Stops the benchmark; what was measured by then stays. @returns {Promise<Benchmark>} */
export const stopBenchmark = () => lab("DELETE", "/lab/benchmark");
/** The last report, as `svt bench` writes it. @returns {Promise<import("./benchmark/report.js").Report>} */
export const fetchResults = () => lab("GET", "/lab/benchmark/results.json");
/** @param {number} after @returns {Promise<Exchange[]>} */
export const fetchExchanges = async (after) => (await lab("GET", `/lab/exchanges?after=${after}`)).exchanges;
/** @param {string} language @returns {Promise<Record<string, string>>} */
export const fetchMessages = (language) => lab("GET", `/i18n/${language}.json`);

/** A style sheet as text, to go along with a saved picture.
 * @param {string} name */
export const fetchStyle = async (name) => (await fetch(`/static/css/${name}.css`)).text();

/** Everything recorded after an exchange, as it happens. The browser reconnects by itself, with `Last-Event-ID`.
 * @param {number} after */
export const openEvents = (after) => new EventSource(`/lab/events?after=${after}`);

/** Whether the lab's own name leads to the lab from here.
 * @param {string} origin @param {number} milliseconds */
export async function reaches(origin, milliseconds) {
  try {
    const answer = await fetch(`${origin}/lab/probe`, { cache: "no-store", signal: AbortSignal.timeout(milliseconds) });
    return answer.ok;
  } catch {
    return false;
  }
}
