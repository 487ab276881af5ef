// @ts-check
/**
 * The two clients, in one shape: what a page has to do to be logged in at a session server, and at a token server. Their
 * difference is the subject of the page, so it is all in this file.
 */

import { replay } from "./api.js";
import { money, say } from "./i18n.js";
import { refusal } from "./outcome.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Call} Call */
/** @typedef {{ok: boolean, text: string}} Outcome What happened, in a few words. */
/** @typedef {{to: string, amountMinor: number, key: string}} Payment */
/** How a request went: at once, after a new pair of tokens, or not at all since the refresh token was refused too. */
/** @typedef {{answer: Answer, how: "at-once" | "refreshed" | "ended"}} Attempt */

/** What is the same for both: the requests of the bank, and what their answers mean. */
class LaneClient {
  /** @protected @readonly */ calls;
  /** @protected @readonly */ credentials;

  /** @param {import("./recorded-calls.js").RecordedCalls} calls @param {import("./credentials.js").Credentials} credentials */
  constructor(calls, credentials) {
    this.calls = calls;
    this.credentials = credentials;
  }

  /** @returns {Promise<Outcome>} */
  async readBalance() {
    const { answer, how } = await this.authenticated("GET", "/me");
    if (answer.status >= 400) return how === "ended" ? ended() : refusal(answer);
    const amount = money(answer.body.balance_minor, answer.body.currency);
    return { ok: true, text: say(how === "refreshed" ? "did-refresh-and-balance" : "did-balance", { amount }) };
  }

  /** @param {Payment} payment @returns {Promise<Outcome>} */
  async transfer({ to, amountMinor, key }) {
    const json = { to, amount_minor: amountMinor, idempotency_key: key, note: "" };
    const { answer, how } = await this.authenticated("POST", "/transfers", { json });
    if (answer.status >= 400) return how === "ended" ? ended() : refusal(answer);
    const amount = money(answer.body.amount_minor, answer.body.currency);
    return { ok: true, text: say(how === "refreshed" ? "did-refresh-and-transfer" : "did-transfer", { amount, to }) };
  }

  /** Sends a request with the credential of this lane.
   * @protected @param {string} _method @param {string} _path @param {Call} [_call]
   * @returns {Promise<Attempt>} */
  authenticated(_method, _path, _call) {
    throw new TypeError("each lane has its own way");
  }

  /** Has somebody else, elsewhere, send the copied credential.
   * @protected @param {"session" | "jwt"} server @param {string | null} credential @returns {Promise<Outcome>} */
  async replayed(server, credential) {
    if (credential === null) return { ok: false, text: say("nothing-copied") };
    const { exchange, status } = await replay(server, credential);
    await this.calls.recorded(exchange);
    return { ok: status < 400, text: say(status < 400 ? "copy-accepted" : "copy-refused", { status }) };
  }
}

/** @returns {Outcome} */
const ended = () => ({ ok: false, text: say("refresh-refused") });

/** The browser keeps the cookie and sends it by itself; this page never sees it. */
export class SessionClient extends LaneClient {
  /** @param {{username: string, password: string}} user @returns {Promise<Outcome>} */
  async logIn(user) {
    const answer = await this.calls.send("session", "POST", "/login", { json: user, cookies: true });
    return answer.status < 400 ? { ok: true, text: say("did-log-in", { user: user.username }) } : refusal(answer);
  }

  /** @returns {Promise<Outcome>} */
  async logOut() {
    const answer = await this.calls.send("session", "POST", "/logout", { json: {}, cookies: true });
    return answer.status < 400 ? { ok: true, text: say("did-log-out") } : refusal(answer);
  }

  replay() {
    return this.replayed("session", this.credentials.copied.session);
  }

  /** @override @protected @param {string} method @param {string} path @param {Call} [call] @returns {Promise<Attempt>} */
  async authenticated(method, path, call = {}) {
    const answer = await this.calls.send("session", method, path, { ...call, cookies: true });
    return { answer, how: "at-once" };
  }
}

/** This page keeps two tokens, writes one into each request, and trades the other for a new pair when the first expires. */
export class TokenClient extends LaneClient {
  #refreshExpiry;

  /** @param {import("./recorded-calls.js").RecordedCalls} calls @param {import("./credentials.js").Credentials} credentials
   * @param {() => number} refreshExpiry When a refresh token that is issued now will expire, in lab time. */
  constructor(calls, credentials, refreshExpiry) {
    super(calls, credentials);
    this.#refreshExpiry = refreshExpiry;
  }

  /** @param {{username: string, password: string}} user @returns {Promise<Outcome>} */
  async logIn(user) {
    const answer = await this.calls.send("jwt", "POST", "/login", { json: user });
    if (answer.status >= 400) return refusal(answer);
    this.credentials.holdTokens(answer.body, this.#refreshExpiry());
    return { ok: true, text: say("did-log-in", { user: user.username }) };
  }

  /** The page drops its tokens whatever the server answers: the reader asked to be logged out here.
   * @returns {Promise<Outcome>} */
  async logOut() {
    const refresh = this.credentials.refresh;
    if (refresh === null) return { ok: false, text: say("no-token-here") };
    const answer = await this.calls.send("jwt", "POST", "/logout", { json: { refresh_token: refresh.text } });
    this.credentials.dropTokens();
    return answer.status < 400 ? { ok: true, text: say("did-log-out") } : refusal(answer);
  }

  replay() {
    return this.replayed("jwt", this.credentials.copied.token);
  }

  /** @override @protected @param {string} method @param {string} path @param {Call} [call] @returns {Promise<Attempt>} */
  async authenticated(method, path, call = {}) {
    const first = await this.calls.send("jwt", method, path, { ...call, bearer: this.credentials.access?.text });
    const refresh = this.credentials.refresh;
    if (first.status !== 401 || refresh === null) return { answer: first, how: "at-once" };
    const form = { grant_type: "refresh_token", refresh_token: refresh.text };
    const renewed = await this.calls.send("jwt", "POST", "/token", { form });
    if (renewed.status >= 500 || renewed.status === 429) return { answer: renewed, how: "at-once" };
    if (renewed.status >= 400) {
      this.credentials.dropTokens();
      return { answer: first, how: "ended" };
    }
    this.credentials.holdTokens(renewed.body, this.#refreshExpiry());
    const second = await this.calls.send("jwt", method, path, { ...call, bearer: this.credentials.access?.text });
    return { answer: second, how: "refreshed" };
  }
}
