// @ts-check
/**
 * The credentials in play: what this page holds, what the browser keeps by itself, and what somebody copied.
 *
 * The tokens are held in script memory and nowhere else, so a reload forgets them. The cookie is `HttpOnly`, so no script
 * can read it; what the browser keeps is known from the recorded `Set-Cookie` and `Cookie` headers.
 */

import { parseCookies, parseSetCookie } from "./cookies.js";
import { header, jsonObject, laneOf } from "./exchange.js";
import { decodeUnverified } from "./jwt.js";

/** @typedef {import("./exchange.js").Exchange} Exchange */
/** @typedef {import("./exchange.js").Lane} Lane */
/** @typedef {{name: string, value: string, attributes: string[]}} KeptCookie */
/** @typedef {{text: string, token: import("./jwt.js").Unverified | null}} AccessToken */

/** Dispatches `change`. */
export class Credentials extends EventTarget {
  /** @type {KeptCookie | null} */
  cookie = null;
  /** @type {AccessToken | null} */
  access = null;
  /** @type {{text: string, expiresAt: number} | null} */
  refresh = null;
  /** What somebody copied on the way: the last credential of each lane, kept after a logout, for the replay.
   * @type {Record<Lane, string | null>} */
  copied = { session: null, token: null };
  /** Length in bytes of the last header line that carried the credential, its line end included.
   * @type {Record<Lane, number | null>} */
  lineBytes = { session: null, token: null };
  #cookieName = "";

  /** @param {string} name Of the session cookie, as the lab is set. */
  useCookieName(name) {
    this.#cookieName = name;
  }

  /** Takes over a token answer (RFC 6749 §5.1).
   * @param {Record<string, any>} answer @param {number} refreshExpiresAt */
  holdTokens(answer, refreshExpiresAt) {
    this.access = { text: answer.access_token, token: decodeUnverified(answer.access_token) };
    if (typeof answer.refresh_token === "string") this.refresh = { text: answer.refresh_token, expiresAt: refreshExpiresAt };
    this.#changed();
  }

  /** Drops the tokens of this page, as its logout does. */
  dropTokens() {
    this.access = this.refresh = null;
    this.#changed();
  }

  /** The lab was reset: nothing that was copied opens anything any more. The browser keeps its cookie all the same. */
  forgetCopies() {
    this.access = this.refresh = null;
    this.copied = { session: null, token: null };
    this.lineBytes = { session: null, token: null };
    this.#changed();
  }

  /** Learns from a recorded exchange of this browser. @param {Exchange} exchange */
  learn(exchange) {
    if (exchange.elsewhere || exchange.client !== navigator.userAgent) return;
    const lane = laneOf(exchange.server);
    if (lane === "session") this.#learnCookie(exchange);
    if (lane === "token") this.#learnToken(exchange);
    this.#changed();
  }

  /** @param {Exchange} exchange */
  #learnCookie({ request, response }) {
    const sent = header(request, "cookie");
    const cookie = parseCookies(sent ?? "").find(([name]) => name === this.#cookieName);
    if (sent !== undefined && cookie !== undefined) {
      this.lineBytes.session = lineBytes("Cookie", sent);
      // The request shows the value but not the attributes; those stay as the last `Set-Cookie` gave them.
      this.cookie = { name: cookie[0], value: cookie[1], attributes: this.cookie?.attributes ?? [] };
      this.copied.session = cookie[1];
    }
    for (const [name, value] of response.headers) {
      if (name.toLowerCase() !== "set-cookie") continue;
      const set = parseSetCookie(value);
      if (set.name !== this.#cookieName) continue;
      this.cookie = set.deletes ? null : set;
      if (set.deletes) continue;
      this.copied.session = set.value;
      this.lineBytes.session = null; // Nothing has been sent with this one yet.
    }
  }

  /** @param {Exchange} exchange */
  #learnToken({ request, response }) {
    const authorization = header(request, "authorization");
    if (authorization !== undefined) this.lineBytes.token = lineBytes("Authorization", authorization);
    const issued = jsonObject(response.body)?.access_token;
    if (typeof issued !== "string") return;
    this.copied.token = issued;
    this.lineBytes.token = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {string} name @param {string} value */
const lineBytes = (name, value) => new TextEncoder().encode(`${name}: ${value}\r\n`).length;
