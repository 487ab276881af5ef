// @ts-check
/** Puts the browser to the test: what it sends is read from the record of the service that it was sent to. */

import { header } from "/static/js/exchange.js";
import { bringsCookie, either } from "/static/js/experiment/judge.js";

const COOKIES = [
  "passport-none=1; Path=/; SameSite=None; Secure",
  "passport-unset=1; Path=/",
];
/** Set by the third party while it is embedded. The second says nothing of SameSite: a browser that takes that for Lax refuses it here. */
const EMBEDDED = [
  "embedded-none=1; Path=/; SameSite=None; Secure; Partitioned",
  "embedded-unset=1; Path=/; Secure; Partitioned",
];

/** @param {import("/static/js/experiment/bench.js").Bench} bench */
export async function run(bench) {
  const hosts = new Set(Object.values(bench.origins).map((origin) => new URL(origin).hostname));

  bench.doing(bench.say("embedded"));
  await bench.setCookies("partner", EMBEDDED);
  const { exchange: embedded } = await bench.send("partner", "GET", "/stage/echo/embedded", { cookies: true });

  // Cookies that it has set on a page of its own; then another site's page asks for them in both ways.
  await bench.tab([
    { at: "partner", do: "set-cookies", label: "first-party", lines: COOKIES },
    { at: "partner", do: "put", label: "put", key: "passport", value: bench.run },
    { at: "partner", do: "web-socket", to: "partner", label: "socket" },
    { at: "evil", do: "frame", of: "partner", label: "frame", steps: [{ at: "partner", do: "get", label: "framed", key: "passport" }] },
    { at: "evil", do: "fetch", to: "partner", label: "script", options: { mode: "no-cors", credentials: "include" } },
    { at: "evil", do: "form-post", to: "partner", label: "form" },
    { at: "partner", do: "put", label: "unput", key: "passport", value: null },
    { at: "partner", do: "set-cookies", label: "away", lines: COOKIES.map((line) => `${line}; Max-Age=0`) },
  ]);
  const script = bench.labelled("script", "partner").at(0) ?? null;
  const form = bench.labelled("form", "partner").at(0) ?? null;

  /** @param {string} fact @param {boolean | null} holds @param {(import("/static/js/exchange.js").Exchange | null)[]} exchanges */
  const found = (fact, holds, exchanges) => bench.observe(`facts/${fact}/this-browser`, either(holds, "yes", "no"), exchanges);
  const thirdParty = bringsCookie(script, "passport-none");
  bench.observe("facts/third-party-cookies/this-browser", either(thirdParty, "allowed", "blocked"), [script]);
  found("partitioned-cookies", bringsCookie(embedded, "embedded-none"), [embedded]);
  const framed = bench.report("framed");
  found("partitioned-storage", framed === null ? null : bench.reported("framed")?.value !== bench.run, [framed]);
  const socket = bench.labelled("socket", "partner").at(0) ?? null;
  found("secure-cookie-on-ws", bringsCookie(socket, "passport-none"), [socket]);
  found("secure-context", isSecureContext, []);
  found("sec-fetch", form === null ? null : header(form.request, "sec-fetch-site") !== undefined, [form]);
  found("sibling-hosts", hosts.size > 2, []);

  // A cookie that is kept with SameSite=None and not without it tells that no SameSite counts as Lax.
  const unset = thirdParty ? bringsCookie(script, "passport-unset") : bringsCookie(embedded, "embedded-unset");
  const seen = thirdParty || bringsCookie(embedded, "embedded-none");
  const decides = thirdParty ? script : embedded;
  if (seen) {
    found("lax-default", unset === null ? null : !unset, [decides]);
    const late = bringsCookie(form, "passport-unset");
    found("lax-post-grace", unset === null || late === null ? null : !unset && late, [decides, form]);
  } else {
    bench.notObservable("facts/lax-default/this-browser", bench.say("kept-none"));
    bench.notObservable("facts/lax-post-grace/this-browser", bench.say("kept-none"));
  }
}
