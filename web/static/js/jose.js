// @ts-check
/**
 * Signing and verifying compact tokens in this page, by WebCrypto (RFC 7515, RFC 7518). Nothing here sends or keeps anything.
 *
 * A key is bound to one algorithm when it is read, and is used for no other, whatever a token says.
 */

/** @typedef {"HS256" | "HS384" | "HS512" | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA"} Algorithm */
/** @typedef {"sign" | "verify"} Usage */
/** @typedef {{alg: Algorithm, key: CryptoKey}} Key */
/** @typedef {Record<string, any>} Jwk */
/**
 * @typedef {object} Kind
 * @property {"oct" | "RSA" | "EC" | "OKP"} kty
 * @property {string} [crv]
 * @property {any} imported What WebCrypto wants to know when a key is read or made.
 * @property {any} used What it wants to know at each use.
 */

const hash = (/** @type {string} */ alg) => `SHA-${alg.slice(2)}`;
/** @param {string} alg @returns {Kind} */
const hmac = (alg) => ({ kty: "oct", imported: { name: "HMAC", hash: hash(alg) }, used: { name: "HMAC" } });
/** @param {string} alg @param {string} name @param {number} [saltLength] @returns {Kind} */
const rsa = (alg, name, saltLength) => ({ kty: "RSA", imported: { name, hash: hash(alg) }, used: { name, saltLength } });
/** @param {string} alg @param {string} crv @returns {Kind} */
const ec = (alg, crv) => ({ kty: "EC", crv, imported: { name: "ECDSA", namedCurve: crv }, used: { name: "ECDSA", hash: hash(alg) } });

/** @type {Record<Algorithm, Kind>} */
export const ALGORITHMS = {
  HS256: hmac("HS256"), HS384: hmac("HS384"), HS512: hmac("HS512"),
  RS256: rsa("RS256", "RSASSA-PKCS1-v1_5"), RS384: rsa("RS384", "RSASSA-PKCS1-v1_5"), RS512: rsa("RS512", "RSASSA-PKCS1-v1_5"),
  PS256: rsa("PS256", "RSA-PSS", 32), PS384: rsa("PS384", "RSA-PSS", 48), PS512: rsa("PS512", "RSA-PSS", 64),
  ES256: ec("ES256", "P-256"), ES384: ec("ES384", "P-384"), ES512: ec("ES512", "P-521"),
  EdDSA: { kty: "OKP", crv: "Ed25519", imported: { name: "Ed25519" }, used: { name: "Ed25519" } },
};

/** @param {unknown} name @returns {name is Algorithm} */
export const isAlgorithm = (name) => typeof name === "string" && Object.hasOwn(ALGORITHMS, name);

/** A key that cannot be what the algorithm needs. `problem` is one of few words, for the page to say in its own. */
export class BadKey extends Error {
  /** @param {"no-crypto" | "not-supported" | "wrong-type" | "wrong-curve" | "not-private" | "unreadable" | "encrypted"} problem */
  constructor(problem) {
    super(problem);
    /** @readonly */
    this.problem = problem;
  }
}

const utf8 = new TextEncoder();

/** base64url without padding (RFC 7515 §2). @param {Uint8Array | string} data A text is written in UTF-8. */
export function encode(data) {
  const bytes = typeof data === "string" ? utf8.encode(data) : data;
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text Base64url, without padding. @returns {Uint8Array<ArrayBuffer>} */
export function decode(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** Header and payload as a token has them; an object becomes JSON, a text stays as it is written.
 * @param {object | string} header @param {object | string} payload */
export function unsigned(header, payload) {
  return [header, payload].map((part) => encode(typeof part === "string" ? part : JSON.stringify(part))).join(".");
}

/** Signs `header.payload`. @param {string} text @param {Key} key @returns {Promise<string>} The token. */
export async function sign(text, { alg, key }) {
  // For ECDSA, WebCrypto gives r and s side by side, which is what JWS wants (RFC 7518 §3.4).
  const signature = await subtle().sign(ALGORITHMS[alg].used, key, utf8.encode(text));
  return `${text}.${encode(new Uint8Array(signature))}`;
}

/** Whether the third part of a token is the key's signature over the first two. The header is not looked at: the key knows its algorithm.
 * @param {string} token @param {Key} key @returns {Promise<boolean>} */
export async function verify(token, { alg, key }) {
  const at = token.lastIndexOf(".");
  return subtle().verify(ALGORITHMS[alg].used, key, decode(token.slice(at + 1)), utf8.encode(token.slice(0, at)));
}

/** @param {Uint8Array | string} secret A text is taken in UTF-8. @param {Algorithm} [alg] @returns {Promise<Key>} */
export async function secretKey(secret, alg = "HS256") {
  const bytes = typeof secret === "string" ? utf8.encode(secret) : new Uint8Array(secret);
  // WebCrypto reads no empty key. HMAC fills a key up with zeros (RFC 2104 §2), so that one zero is the same key as none.
  const raw = bytes.length === 0 ? new Uint8Array(1) : bytes;
  return { alg, key: await subtle().importKey("raw", raw, ALGORITHMS[alg].imported, false, ["sign", "verify"]) };
}

/** Reads a JWK for one algorithm. @param {Jwk} jwk @param {Algorithm} alg @param {Usage} usage @returns {Promise<Key>}
 * @throws {BadKey} */
export async function keyFromJwk(jwk, alg, usage) {
  const { kty, crv, imported } = ALGORITHMS[alg];
  if (jwk.kty !== kty) throw new BadKey("wrong-type");
  if (crv !== undefined && jwk.crv !== crv) throw new BadKey("wrong-curve");
  if (kty === "oct") return secretKey(decodeMember(jwk.k), alg);
  if (usage === "sign" && typeof jwk.d !== "string") throw new BadKey("not-private");
  const names = usage === "sign" ? ["kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"] : ["kty", "crv", "x", "y", "n", "e"];
  // The members of the key alone: `use`, `key_ops` and `alg` are for whoever keeps it, and browsers disagree about them.
  const bare = Object.fromEntries(names.filter((name) => name in jwk).map((name) => [name, jwk[name]]));
  return { alg, key: await read("jwk", bare, imported, usage) };
}

/** Reads a key in PEM: SPKI to verify, PKCS#8 to sign (RFC 7468 §10, §13). @param {string} pem @param {Algorithm} alg
 * @param {Usage} usage @returns {Promise<Key>} @throws {BadKey} */
export async function keyFromPem(pem, alg, usage) {
  const found = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(pem);
  if (found === null) throw new BadKey("unreadable");
  const [, label, body] = found;
  if (label === "ENCRYPTED PRIVATE KEY") throw new BadKey("encrypted");
  if (label !== "PUBLIC KEY" && label !== "PRIVATE KEY") throw new BadKey("unreadable");
  if (label === "PUBLIC KEY" && usage === "sign") throw new BadKey("not-private");
  const { imported, kty } = ALGORITHMS[alg];
  if (kty === "oct") throw new BadKey("wrong-type");
  const der = decodeMember(body.replaceAll(/\s|=/g, ""));
  if (label === "PUBLIC KEY") return { alg, key: await read("spki", der, imported, "verify") };
  if (usage === "sign") return { alg, key: await read("pkcs8", der, imported, "sign") };
  // A private key verifies with its public half.
  const pair = await read("pkcs8", der, imported, "sign", true);
  return keyFromJwk(await subtle().exportKey("jwk", pair), alg, "verify");
}

/** A new key pair, or a new secret of 32 bytes and more; as JWKs. @param {Algorithm} alg
 * @returns {Promise<{privateJwk: Jwk, publicJwk: Jwk | null}>} @throws {BadKey} */
export async function generate(alg) {
  const { kty, imported } = ALGORITHMS[alg];
  if (kty === "oct") {
    const secret = crypto.getRandomValues(new Uint8Array(Number(alg.slice(2)) / 8));
    return { privateJwk: { kty, k: encode(secret), alg }, publicJwk: null };
  }
  const size = kty === "RSA" ? { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } : {};
  const pair = await subtle().generateKey({ ...imported, ...size }, true, ["sign", "verify"]).catch(() => {
    throw new BadKey("not-supported");
  });
  if (!("privateKey" in pair)) throw new BadKey("not-supported");
  const [privateJwk, publicJwk] = await Promise.all([pair.privateKey, pair.publicKey].map((key) => subtle().exportKey("jwk", key)));
  for (const jwk of [privateJwk, publicJwk]) {
    delete jwk.key_ops;
    delete jwk.ext;
    jwk.alg = alg;
  }
  return { privateJwk, publicJwk };
}

/** What an Ed25519 public key begins with in DER (RFC 8410 §4). */
const ED25519_DER = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/** A public Ed25519 key as `openssl` writes it to a file. @param {Jwk} jwk @throws {BadKey} */
export function ed25519Pem(jwk) {
  if (jwk.crv !== "Ed25519") throw new BadKey("wrong-curve");
  const der = String.fromCharCode(...ED25519_DER, ...decodeMember(jwk.x));
  return `-----BEGIN PUBLIC KEY-----\n${btoa(der)}\n-----END PUBLIC KEY-----\n`;
}

/** WebCrypto is there on https and on localhost alone. @throws {BadKey} */
function subtle() {
  if (globalThis.crypto?.subtle === undefined) throw new BadKey("no-crypto");
  return crypto.subtle;
}

/** @param {unknown} text @returns {Uint8Array<ArrayBuffer>} */
function decodeMember(text) {
  try {
    return decode(String(text));
  } catch {
    throw new BadKey("unreadable");
  }
}

/** @param {any} format @param {any} data @param {any} imported @param {Usage} usage @param {boolean} [extractable]
 * @returns {Promise<CryptoKey>} */
async function read(format, data, imported, usage, extractable = false) {
  try {
    return await subtle().importKey(format, data, imported, extractable, [usage]);
  } catch (error) {
    if (error instanceof BadKey) throw error;
    throw new BadKey(error instanceof DOMException && error.name === "NotSupportedError" ? "not-supported" : "unreadable");
  }
}
