// @ts-check
/**
 * The shape of a recorded exchange, and how to read one.
 *
 * Everything that the page draws comes from these records. What the page's own script knows of its requests is never drawn:
 * the server's record is the source of truth.
 */

/** @typedef {"session" | "token"} Lane */
/** @typedef {[name: string, value: string]} Header */
/**
 * @typedef {object} Step
 * @property {string} name
 * @property {"authentication" | "application"} phase
 * @property {"read" | "write" | "compute"} effect
 * @property {number} start_us From the arrival of the request.
 * @property {number} duration_us
 * @property {string | null} result
 */
/**
 * @typedef {object} Exchange
 * @property {number} id
 * @property {string} server
 * @property {string | null} run
 * @property {string} at Lab time, RFC 3339.
 * @property {string} client The `User-Agent`.
 * @property {boolean} elsewhere Whether a copied credential was replayed from outside the browser.
 * @property {{method: string, target: string, version: string, headers: Header[], body: string | null}} request
 * @property {Step[]} steps
 * @property {{status: number, reason: string, headers: Header[], body: string | null}} response
 * @property {number} duration_us
 * @property {number} authentication_reads
 * @property {number} authentication_writes
 */

/** @type {readonly Lane[]} */
export const LANES = ["session", "token"];

/** The lane that a server's exchanges are drawn in; null for a server that the page does not show.
 * @param {string} server @returns {Lane | null} */
export function laneOf(server) {
  if (server === "session") return "session";
  return server === "jwt" ? "token" : null;
}

/** The lane of a server or of one of its replicas, `session-a`. @param {string} server */
export const laneOfReplica = (server) => laneOf(server.split("-", 1)[0]);

/** The server behind a lane, by the name the lab gives it.
 * @param {Lane} lane */
export const serverOf = (lane) => (lane === "session" ? "session" : "jwt");

/** The first value of a header; names are compared without regard to case.
 * @param {{headers: Header[]}} message @param {string} name @returns {string | undefined} */
export function header(message, name) {
  return message.headers.find(([candidate]) => candidate.toLowerCase() === name.toLowerCase())?.[1];
}

/** Path and query without the `run` parameter, which ties requests together and is no part of the API.
 * @param {Exchange} exchange */
export function shownTarget(exchange) {
  const [path, query] = exchange.request.target.split("?", 2);
  const shown = (query ?? "").split("&").filter((pair) => pair !== "" && !pair.startsWith("run="));
  return shown.length === 0 ? path : `${path}?${shown.join("&")}`;
}

/** @param {Exchange} exchange */
export const pathOf = (exchange) => exchange.request.target.split("?", 1)[0];

/** Whether the browser only asked for permission (a CORS preflight, Fetch §3.2.2).
 * @param {Exchange} exchange */
export const isPreflight = (exchange) =>
  exchange.request.method === "OPTIONS" && header(exchange.request, "access-control-request-method") !== undefined;

/** Whether a preflight got what it asked for. The browser decides by these headers, not by the status alone.
 * @param {Exchange} exchange */
export function preflightAllowed({ request, response }) {
  const listed = (/** @type {string} */ name) =>
    (header(response, name) ?? "").toLowerCase().split(",").map((item) => item.trim());
  const asked = (header(request, "access-control-request-headers") ?? "").toLowerCase();
  const wanted = asked === "" ? [] : asked.split(",").map((item) => item.trim());
  const allowed = listed("access-control-allow-headers");
  return response.status < 300
    && header(response, "access-control-allow-origin") === header(request, "origin")
    && wanted.every((name) => allowed.includes(name));
}

/** Whether a server took who asked for who they say they are. Null where the record says neither: what got nowhere, or met a
 * server in trouble, was not refused. 401, 403 and 431 refuse; a transfer that its payer cannot afford is a conflict, and no refusal.
 * @param {Exchange | null} exchange @returns {"accepted" | "refused" | null} */
export function admission(exchange) {
  const status = exchange?.response.status ?? 0;
  if (status >= 200 && status < 300) return "accepted";
  return [401, 403, 431].includes(status) ? "refused" : null;
}

/** The look-ups that a request was authenticated with, in words; null where nothing was recorded.
 * @param {Exchange | null} exchange @returns {"no-read" | "one-read" | "several-reads" | null} */
export function readsOf(exchange) {
  if (exchange === null) return null;
  const { authentication_reads: reads } = exchange;
  return reads === 0 ? "no-read" : reads === 1 ? "one-read" : "several-reads";
}

/** The value of the cookie that an answer has set, as whoever reads along at the wire has it; empty where it set none.
 * @param {Exchange | null} exchange */
export function cookieSetBy(exchange) {
  const line = header(exchange?.response ?? { headers: [] }, "set-cookie") ?? "";
  return line.split(";", 1)[0].split("=").slice(1).join("=");
}

/** A body as an object, or null when it is not one.
 * @param {string | null} body @returns {Record<string, unknown> | null} */
export function jsonObject(body) {
  try {
    const value = JSON.parse(body ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** A form body as an object, or null when the request does not say that it is a form.
 * @param {Exchange["request"]} request @returns {Record<string, string> | null} */
export function formObject(request) {
  const isForm = (header(request, "content-type") ?? "").startsWith("application/x-www-form-urlencoded");
  return isForm ? Object.fromEntries(new URLSearchParams(request.body ?? "")) : null;
}

/** The credential that a request brought, or null.
 * @param {Exchange} exchange
 * @returns {{by: "cookie" | "header" | "body", header: string, value: string} | null} */
export function credentialOf({ request }) {
  const authorization = header(request, "authorization");
  if (authorization !== undefined) return { by: "header", header: "Authorization", value: authorization };
  const cookie = header(request, "cookie");
  if (cookie !== undefined) return { by: "cookie", header: "Cookie", value: cookie };
  const body = formObject(request) ?? jsonObject(request.body);
  const refresh = body?.refresh_token;
  return typeof refresh === "string" ? { by: "body", header: "refresh_token", value: refresh } : null;
}
