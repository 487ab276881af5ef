// @ts-check
/** A recorded request as a `curl` command that sends the same from a terminal. curl resolves `*.localhost` by itself. */

import { header } from "./exchange.js";

/** What a request needs to mean the same; the rest is the browser's own business. */
const KEPT = ["authorization", "cookie", "content-type", "x-csrf-token"];

/** @param {import("./exchange.js").Exchange} exchange */
export function asCurl({ request }) {
  const host = header(request, "host") ?? "localhost";
  const words = ["curl", "-i"];
  if (request.method !== "GET" && !(request.method === "POST" && request.body)) words.push("-X", request.method);
  words.push(quote(`http://${host}${request.target}`));
  for (const [name, value] of request.headers) {
    if (KEPT.includes(name.toLowerCase())) words.push("-H", quote(`${titleCase(name)}: ${value}`));
  }
  if (request.body) words.push("--data-raw", quote(request.body));
  return words.join(" ");
}

/** Quoted for a POSIX shell. @param {string} text */
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Header names are case-insensitive and were recorded in small letters; shown they look as in the specifications.
 * @param {string} name */
export const titleCase = (name) => name.replace(/(^|-)([a-z])/g, (match) => match.toUpperCase());
