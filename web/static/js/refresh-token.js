// @ts-check
/** Reading this bank's refresh tokens: 16 bytes name the family, 4 its generation, and the rest is a signature. Nothing in them is secret but that. */

const FAMILY_BYTES = 16;

/** The generation of a token: the first of a family is 1. Null when it is none of this bank's.
 * @param {string} token base64url */
export function refreshGeneration(token) {
  try {
    const binary = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return new DataView(bytes.buffer).getUint32(FAMILY_BYTES);
  } catch {
    return null;
  }
}
