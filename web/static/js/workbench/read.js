// @ts-check
/** Takes a pasted text apart, and says in which place it is no token. Nothing here verifies anything. */

import { decode } from "../jose.js";
import { objectIn } from "./json.js";

/** @typedef {import("./said.js").Said} Said */
/** @typedef {"header" | "payload" | "signature"} Name */
/**
 * @typedef {object} Read
 * @property {string} token Without what stands around it.
 * @property {string[]} parts
 * @property {{text: string, object: Record<string, any>} | null} header
 * @property {{text: string, object: Record<string, any> | null} | null} payload A payload need not be JSON to be signed.
 * @property {Said[]} faults Why it is no JWT; empty when it is one.
 */

/** How long a token is taken apart, in letters: a page must not stop over a pasted book. */
const LONGEST = 100_000;

/** @param {string} pasted @returns {Read} */
export function readToken(pasted) {
  const token = pasted.trim().replace(/^(authorization:\s*)?bearer\s+/i, "").replaceAll(/\s+/g, "");
  const parts = token.split(".");
  /** @type {Read} */
  const read = { token, parts, header: null, payload: null, faults: [] };
  if (token === "") return { ...read, faults: [{ id: "workbench-fault-empty" }] };
  if (token.length > LONGEST) return { ...read, faults: [{ id: "workbench-fault-long", values: { count: token.length } }] };
  const header = part("header", parts[0], read.faults);
  if (header?.object != null) read.header = { text: header.text, object: header.object };
  if (parts.length === 5) return { ...read, faults: [{ id: "workbench-fault-jwe" }] };
  if (parts.length !== 3) {
    return { ...read, header: null, faults: [{ id: "workbench-fault-parts", values: { count: parts.length } }] };
  }
  read.payload = part("payload", parts[1], read.faults);
  const signature = base64urlFault("signature", parts[2]);
  if (signature !== null) read.faults.push(signature);
  return read;
}

/** @param {"header" | "payload"} name @param {string} encoded @param {Said[]} faults */
function part(name, encoded, faults) {
  const fault = base64urlFault(name, encoded);
  if (fault !== null) {
    faults.push(fault);
    return null;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decode(encoded));
    const { object, fault: json } = objectIn(text);
    if (json !== null) faults.push(jsonFault(name, json));
    return { text, object };
  } catch {
    faults.push({ id: "workbench-fault-utf8", values: { part: name } });
    return null;
  }
}

/** What is wrong with a text that should be a JSON object. @param {string} name @param {import("./json.js").Fault} fault @returns {Said} */
export function jsonFault(name, fault) {
  if (fault.kind === "syntax") return { id: "workbench-fault-json", values: { part: name, line: fault.line, column: fault.column } };
  if (fault.kind === "duplicate") return { id: "workbench-fault-duplicate", values: { part: name, name: fault.name } };
  return { id: "workbench-fault-object", values: { part: name } };
}

/** RFC 7515 §2 and §3.3 of RFC 4648: no padding, no other letter, and no bits that encode nothing.
 * @param {Name} part @param {string} text @returns {Said | null} */
function base64urlFault(part, text) {
  const at = text.search(/[^\w-]/);
  if (at >= 0) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const id = char === "=" ? "workbench-fault-padding" : "+/".includes(char) ? "workbench-fault-base64" : "workbench-fault-letter";
    return { id, values: { part, char, place: at + 1 } };
  }
  if (text === "" && part !== "signature") return { id: "workbench-fault-missing", values: { part } };
  if (text.length % 4 === 1) return { id: "workbench-fault-length", values: { part, count: text.length } };
  const isCanonical = text.length % 4 === 0 || "AQgw".includes(text.at(-1) ?? "") || (text.length % 4 === 3 && "AEIMQUYcgkosw048".includes(text.at(-1) ?? ""));
  return isCanonical ? null : { id: "workbench-fault-canonical", values: { part } };
}
