// @ts-check
/**
 * A key that a page can use and cannot read, and the proofs of possession that it signs (RFC 9449).
 *
 * The key is kept in IndexedDB, which stores the handle of a `CryptoKey` and never its content. Whatever script runs in this origin
 * can fetch the handle and sign with it; none can take the key along.
 */

import { encode, sign, unsigned } from "../jose.js";

/**
 * @typedef {object} Proven What a proof is made for.
 * @property {string} method
 * @property {string} address Scheme, host and path.
 * @property {number} at When, in milliseconds of the lab's clock: the servers live by that one.
 * @property {string} [token] The access token that goes along.
 */

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const DATABASE = "svt-possession";
const STORE = "keys";

/** Whether this page may make keys: browsers give the cryptography to secure contexts alone. */
export const canMakeKeys = () => crypto.subtle !== undefined;

/** A new key, whose private half nobody can export. @returns {Promise<CryptoKeyPair>} */
export const makeKey = () => crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);

/** Whether the private half can be had as bytes. @param {CryptoKeyPair} pair */
export async function canExport({ privateKey }) {
  try {
    await crypto.subtle.exportKey("jwk", privateKey);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidAccessError") return false;
    throw error;
  }
}

/** A new proof. @param {CryptoKeyPair} pair @param {Proven} what */
export async function prove({ privateKey, publicKey }, { method, address, at, token }) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } };
  const claims = {
    jti: encode(crypto.getRandomValues(new Uint8Array(16))),
    htm: method,
    htu: address,
    iat: Math.floor(at / 1000),
    ...(token === undefined ? {} : { ath: await hashOf(token) }),
  };
  return sign(unsigned(header, claims), { alg: "ES256", key: privateKey });
}

/** Keeps the key for the pages of this origin, in place of an earlier one. @param {CryptoKeyPair} pair */
export const keepKey = (pair) => inStore("readwrite", (store) => store.put(pair, "key"));
/** The key that was kept, if there is one. @returns {Promise<CryptoKeyPair | undefined>} */
export const keptKey = () => inStore("readonly", (store) => store.get("key"));
/** Forgets it. */
export const forgetKey = () => inStore("readwrite", (store) => store.delete("key"));

/** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} use @returns {Promise<any>} */
async function inStore(mode, use) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
  const database = await settled(opening);
  try {
    return await settled(use(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** @param {IDBRequest} request @returns {Promise<any>} */
const settled = (request) => new Promise((resolve, reject) => {
  request.addEventListener("success", () => resolve(request.result));
  request.addEventListener("error", () => reject(request.error));
});

/** @param {string} token */
const hashOf = async (token) => encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))));
