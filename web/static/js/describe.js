// @ts-check
/**
 * What is worth showing of an exchange, in words and colours, before anything is placed: the whole message is one click away.
 */

import { parseCookies, parseSetCookie } from "./cookies.js";
import { elideMiddle, shortJson, shortToken } from "./elide.js";
import { credentialOf, formObject, header, isPreflight, jsonObject, preflightAllowed, shownTarget } from "./exchange.js";
import { say } from "./i18n.js";
import { measured, withShortTimes } from "./times.js";

/** @typedef {import("./exchange.js").Exchange} Exchange */
/** @typedef {import("./elide.js").Segment} Segment */
/** @typedef {{text: string, kind: "elsewhere" | "other"}} Tag */
/** @typedef {{name: string, time: string, result: string | null, step: import("./exchange.js").Step}} ShownStep */
/**
 * @typedef {object} Description
 * @property {Exchange} exchange
 * @property {Tag | null} tag Who sent it, when it was not this page; or which replica answered.
 * @property {{label: string, line: Segment[], credential: Segment[] | null, details: Segment[][]}} request
 * @property {ShownStep[]} steps
 * @property {{text: string, count: number, none: boolean} | null} reads Reads to authenticate, where a credential was to be checked.
 * @property {{label: string, refused: boolean, status: string, what: Segment[] | null, total: string}} response
 * @property {{text: string, allowed: boolean} | null} preflight Set when the exchange only asked for permission.
 */
/** @typedef {{cookieName: string, run: string, liveAfter: number}} Viewer What tells this page's requests from others'. */

/** Members of an answer that are shown, in this order. */
const ANSWER = ["access_token", "refresh_token", "balance_minor", "amount_minor"];
const TRANSFER = ["to", "amount_minor", "idempotency_key"];

/** @param {Exchange} exchange @param {Viewer} viewer @returns {Description} */
export function describe(exchange, viewer) {
  const credential = credentialOf(exchange);
  return {
    exchange,
    tag: tagOf(exchange, viewer),
    request: {
      label: say("open-request"),
      line: requestLine(exchange),
      credential: credential && credentialLine(credential, viewer.cookieName),
      details: requestDetails(exchange),
    },
    steps: exchange.steps.map((step) => shownStep(step, Date.parse(exchange.at))),
    reads: credential === null || isPreflight(exchange) ? null : readsOf(exchange),
    response: responseOf(exchange),
    preflight: isPreflight(exchange) ? preflightOf(exchange) : null,
  };
}

/** @param {import("./exchange.js").Step} step @param {number} at @returns {ShownStep} */
function shownStep(step, at) {
  const result = step.result === null ? null : withShortTimes(step.result, at);
  return { name: step.name, time: measured(step.duration_us), result, step };
}

/** @param {Exchange} exchange @param {Viewer} viewer @returns {Tag | null} */
function tagOf(exchange, viewer) {
  if (exchange.elsewhere) return { text: say("tag-elsewhere"), kind: "elsewhere" };
  if (exchange.client !== navigator.userAgent) {
    const client = exchange.client.split(" ", 1)[0] || say("tag-unnamed-client");
    return { text: say("tag-client", { client }), kind: "other" };
  }
  const [, letter] = exchange.server.split("-");
  if (letter !== undefined) return { text: say("tag-replica", { letter: letter.toUpperCase() }), kind: "other" };
  // Before this page was loaded its own run did not exist, so an older run proves nothing.
  const otherTab = exchange.run !== viewer.run && exchange.id > viewer.liveAfter;
  return otherTab ? { text: say("tag-tab"), kind: "other" } : null;
}

/** @param {Exchange} exchange @returns {Segment[]} */
function requestLine(exchange) {
  const type = header(exchange.request, "content-type")?.split(";", 1)[0];
  const line = { text: `${exchange.request.method} ${shownTarget(exchange)}`, tone: /** @type {const} */ ("ink") };
  return type === undefined ? [line] : [line, { text: `  ${type}`, tone: "soft" }];
}

/** @param {NonNullable<ReturnType<typeof credentialOf>>} credential @param {string} cookieName @returns {Segment[]} */
function credentialLine(credential, cookieName) {
  if (credential.by === "header") {
    const [scheme, value] = credential.value.split(" ", 2);
    return [{ text: `Authorization: ${scheme} `, tone: "lane" }, ...shortToken(value ?? "")];
  }
  if (credential.by === "body") return [{ text: `refresh_token=${elideMiddle(credential.value)}`, tone: "lane" }];
  const cookies = parseCookies(credential.value);
  const [name, value] = cookies.find(([name]) => name === cookieName) ?? cookies[0] ?? ["", ""];
  const others = cookies.length > 1 ? "; …" : "";
  return [{ text: `Cookie: ${name}=${elideMiddle(value)}${others}`, tone: "lane" }];
}

/** The body in brief, a proof of possession, and `Origin` where the server decides by it: on requests that change something.
 * @param {Exchange} exchange @returns {Segment[][]} */
function requestDetails(exchange) {
  /** @type {Segment[][]} */
  const lines = [];
  const origin = header(exchange.request, "origin");
  if (origin !== undefined && exchange.request.method !== "GET") lines.push([{ text: `Origin: ${origin}`, tone: "soft" }]);
  const proof = header(exchange.request, "dpop");
  if (proof !== undefined) lines.push([{ text: "DPoP: ", tone: "lane" }, ...shortToken(proof)]);
  const json = jsonObject(exchange.request.body);
  const form = formObject(exchange.request);
  if (json !== null && "password" in json) lines.push([{ text: `${json.username} · ${json.password}`, tone: "soft" }]);
  else if (json !== null && "to" in json) lines.push(shortJson(json, TRANSFER).map(({ text }) => ({ text, tone: "soft" })));
  else if (form?.grant_type !== undefined) lines.push([{ text: `grant_type=${form.grant_type}`, tone: "soft" }]);
  return lines;
}

/** @param {Exchange} exchange */
function readsOf({ authentication_reads: reads, authentication_writes: writes }) {
  const text = writes > 0 ? say("reads-and-writes", { reads, writes }) : say("reads", { reads });
  return { text, count: reads, none: reads + writes === 0 };
}

/** @param {Exchange} exchange @returns {Description["response"]} */
function responseOf({ response, duration_us }) {
  const status = `${response.status} ${response.reason}`.trim();
  return {
    label: say("open-response"),
    refused: response.status >= 400,
    status,
    what: whatMatters(response),
    total: say("in-all", { duration: measured(duration_us) }),
  };
}

/** @param {Exchange["response"]} response @returns {Segment[] | null} */
function whatMatters(response) {
  const set = header(response, "set-cookie");
  if (set !== undefined) return setCookieLine(set);
  const body = jsonObject(response.body);
  if (body === null) return null;
  if (response.status < 400) return shortJson(body, ANSWER);
  const title = body.title ?? body.error;
  return typeof title === "string" ? [{ text: title, tone: "ink" }] : null;
}

/** @param {string} line @returns {Segment[]} */
function setCookieLine(line) {
  const { name, value, attributes, deletes } = parseSetCookie(line);
  const why = deletes ? attributes.filter((attribute) => /^(max-age|expires)/i.test(attribute)).slice(0, 1) : [];
  return [{ text: [`Set-Cookie: ${name}=${elideMiddle(value)}`, ...why].join("; "), tone: "lane" }];
}

/** @param {Exchange} exchange */
function preflightOf(exchange) {
  const allowed = preflightAllowed(exchange);
  const asked = header(exchange.request, "access-control-request-headers");
  const method = header(exchange.request, "access-control-request-method") ?? "";
  const wanted = asked === undefined || asked === "" ? method : `${method}, ${asked}`;
  return { text: say(allowed ? "preflight-allowed" : "preflight-refused", { wanted }), allowed };
}
