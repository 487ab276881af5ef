// @ts-check
/** Tries words as the secret of an HS256 token, here in the page: whoever has one token needs no server to try. */

import { secretKey, verify } from "/static/js/jose.js";
import { GUESSES } from "./words.js";

/** @typedef {{secret: string | null, tries: number, milliseconds: number}} Cracked */

/** How many are tried at once: enough to keep WebCrypto's threads busy, and few enough for the page to stay alive between. */
const AT_ONCE = 128;
/** How often it is said how far this has come: a line that changes faster is read by nobody. In milliseconds. */
const SAY_EVERY = 150;

/** @param {string} token @param {(tries: number, all: number, milliseconds: number) => void} progress @returns {Promise<Cracked>} */
export async function crack(token, progress) {
  const start = performance.now();
  let said = start;
  for (let tries = 0; tries < GUESSES.length; tries += AT_ONCE) {
    const batch = GUESSES.slice(tries, tries + AT_ONCE);
    const fits = await Promise.all(batch.map(async (guess) => verify(token, await secretKey(guess))));
    const at = fits.indexOf(true);
    const now = performance.now();
    const milliseconds = now - start;
    if (at >= 0) return { secret: batch[at], tries: tries + at + 1, milliseconds };
    if (now - said < SAY_EVERY) continue;
    said = now;
    progress(tries + batch.length, GUESSES.length, milliseconds);
  }
  return { secret: null, tries: GUESSES.length, milliseconds: performance.now() - start };
}
