// @ts-check
/** What a pasted key is, and which key of it a token is checked or signed with. */

import { ALGORITHMS, BadKey, decode, isAlgorithm, keyFromJwk, keyFromPem, secretKey } from "../jose.js";
import { objectIn } from "./json.js";

/** @typedef {import("./said.js").Said} Said */
/** @typedef {import("../jose.js").Key} Key */
/** @typedef {import("../jose.js").Usage} Usage */
/** @typedef {Record<string, any>} Jwk */
/**
 * @typedef {{kind: "none"} | {kind: "bad", why: Said} | {kind: "secret", bytes: Uint8Array} | {kind: "pem", pem: string, kty: string, crv: string, isPublic: boolean}
 *   | {kind: "jwk", jwk: Jwk} | {kind: "jwks", keys: Jwk[]}} Pasted
 */
/** @typedef {{keys: Key[], why: null} | {keys: null, why: Said}} Chosen */

/** @param {string} text @param {"text" | "base64url"} encoding Of a secret. @returns {Pasted} */
export function readKey(text, encoding) {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "none" };
  if (trimmed.startsWith("{")) return readJson(trimmed);
  if (trimmed.startsWith("-----")) return readPem(trimmed);
  if (encoding === "text") return { kind: "secret", bytes: new TextEncoder().encode(text) };
  const bare = trimmed.replaceAll("+", "-").replaceAll("/", "_").replaceAll(/\s|=/g, "");
  if (!/^[\w-]*$/.test(bare) || bare.length % 4 === 1) return bad("workbench-key-not-base64url");
  return { kind: "secret", bytes: decode(bare) };
}

/** @param {string} id @param {Record<string, string | number>} [values] @returns {{kind: "bad", why: Said}} */
const bad = (id, values) => ({ kind: "bad", why: { id, values } });

/** @param {string} text @returns {Pasted} */
function readJson(text) {
  const { object, fault } = objectIn(text);
  if (fault?.kind === "duplicate") return bad("workbench-key-duplicate", { name: fault.name });
  if (fault?.kind === "syntax") return bad("workbench-key-json", { line: fault.line, column: fault.column });
  if (Array.isArray(object?.keys)) return object.keys.length === 0 ? bad("workbench-key-empty-set") : { kind: "jwks", keys: object.keys };
  return typeof object?.kty === "string" ? { kind: "jwk", jwk: object } : bad("workbench-key-no-jwk");
}

/** Object identifiers in DER, of key types and curves. */
const OIDS = { "2a864886f70d010101": ["RSA", ""], "2a8648ce3d030107": ["EC", "P-256"], "2b81040022": ["EC", "P-384"], "2b81040023": ["EC", "P-521"], "06032b6570": ["OKP", "Ed25519"] };

/** @param {string} pem @returns {Pasted} */
function readPem(pem) {
  const found = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(pem);
  if (found === null) return bad("workbench-key-pem");
  const [, label, body] = found;
  if (label === "ENCRYPTED PRIVATE KEY") return bad("workbench-key-encrypted");
  if (label === "CERTIFICATE") return bad("workbench-key-certificate");
  if (label !== "PUBLIC KEY" && label !== "PRIVATE KEY") return bad("workbench-key-old-pem", { label });
  const bare = body.replaceAll(/\s|=/g, "").replaceAll("+", "-").replaceAll("/", "_");
  if (!/^[\w-]+$/.test(bare) || bare.length % 4 === 1) return bad("workbench-key-pem");
  const hex = Array.from(decode(bare).slice(0, 40), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const [kty, crv] = Object.entries(OIDS).find(([oid]) => hex.includes(oid))?.[1] ?? ["", ""];
  return { kind: "pem", pem, kty, crv, isPublic: label === "PUBLIC KEY" };
}

/** The keys that a token with this header may be checked with, or the one to sign it with. The header's algorithm is obeyed only as far
 * as the key is for it. @param {Pasted} pasted @param {Record<string, any>} header @param {Usage} usage @returns {Promise<Chosen>} */
export async function chooseKeys(pasted, header, usage) {
  const { alg, kid } = header;
  if (!isAlgorithm(alg)) return no(alg === undefined ? "workbench-no-alg" : "workbench-unknown-alg", { alg: String(alg) });
  const { kty, crv } = ALGORITHMS[alg];
  try {
    switch (pasted.kind) {
      case "none": return no("workbench-no-key");
      case "bad": return { keys: null, why: pasted.why };
      case "secret":
        return kty === "oct" ? { keys: [await secretKey(pasted.bytes, alg)], why: null } : no("workbench-mismatch-secret", { alg });
      case "pem":
        if (kty === "oct" && pasted.isPublic) return no("workbench-mismatch-confusion", { alg });
        if (pasted.kty !== "" && (pasted.kty !== kty || pasted.crv !== (crv ?? ""))) return no("workbench-mismatch", { alg, key: pasted.crv || pasted.kty });
        return { keys: [await keyFromPem(pasted.pem, alg, usage)], why: null };
      case "jwk": return await fromJwk(pasted.jwk, alg, usage);
      case "jwks": return await fromSet(pasted.keys, alg, kid, usage);
    }
  } catch (error) {
    if (!(error instanceof BadKey)) throw error;
    return no(`workbench-key-${error.problem}`, { alg }); // says: workbench-key-*
  }
}

/** @param {string} id @param {Record<string, string | number>} [values] @returns {Chosen} */
const no = (id, values) => ({ keys: null, why: { id, values } });

/** @param {Jwk} jwk @param {import("../jose.js").Algorithm} alg @param {Usage} usage @returns {Promise<Chosen>} */
async function fromJwk(jwk, alg, usage) {
  const { kty, crv } = ALGORITHMS[alg];
  if (typeof jwk.alg === "string" && jwk.alg !== alg && !(alg === "EdDSA" && jwk.alg === "Ed25519")) return no("workbench-mismatch", { alg, key: jwk.alg });
  if (kty === "oct" && jwk.kty !== "oct") return no("workbench-mismatch-confusion", { alg });
  if (jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv)) return no("workbench-mismatch", { alg, key: String(jwk.crv ?? jwk.kty) });
  if (jwk.use === "enc") return no("workbench-key-use");
  return { keys: [await keyFromJwk(jwk, alg, usage)], why: null };
}

/** By its `kid`; where neither names one, every key of the set that fits. @param {Jwk[]} set @param {import("../jose.js").Algorithm} alg
 * @param {unknown} kid @param {Usage} usage @returns {Promise<Chosen>} */
async function fromSet(set, alg, kid, usage) {
  if (typeof kid === "string") {
    const named = set.filter((jwk) => jwk?.kid === kid);
    if (named.length > 1) return no("workbench-kid-twice", { kid });
    const [only] = named.length === 0 && set.length === 1 && set[0]?.kid === undefined ? set : named;
    return only === undefined ? no("workbench-kid-unknown", { kid }) : fromJwk(only, alg, usage);
  }
  const tried = await Promise.all(set.map((jwk) => fromJwk(jwk ?? {}, alg, usage).catch(() => null)));
  const keys = tried.flatMap((chosen) => chosen?.keys ?? []);
  return keys.length > 0 ? { keys, why: null } : no("workbench-set-none-fits", { alg });
}

/** How many bytes an HMAC secret has; null where the key is none. @param {Pasted} pasted */
export function secretBytes(pasted) {
  if (pasted.kind === "secret") return pasted.bytes.length;
  return pasted.kind === "jwk" && pasted.jwk.kty === "oct" ? Math.floor((String(pasted.jwk.k).length * 3) / 4) : null;
}
