// @ts-check
/**
 * Why the steps of the servers are there, for the reader. A step's name is the server's own word and stays as it was
 * recorded; a step that is not listed has no explanation.
 */

import { say } from "./i18n.js";

/** @type {Record<string, string>} */
const WHY = {
  "Argon2id": "why-argon2id",
  "SELECT failures": "why-select-failures",
  "UPDATE failures": "why-update-failures",
  "SELECT user": "why-select-user",
  "SELECT session": "why-select-session",
  "INSERT session": "why-insert-session",
  "DELETE session": "why-delete-session",
  "sign access token": "why-sign",
  "check signature and claims": "why-check",
  "INSERT family": "why-insert-family",
  "UPDATE family": "why-update-family",
};

/** @param {string} step As recorded. @returns {string | null} */
export function whyStep(step) {
  // says: why-*
  return step in WHY ? say(WHY[step]) : null;
}
