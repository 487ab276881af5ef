// @ts-check
/** What was found out, in the words of the catalogue: the modules that find it out name a message, and know no language. */

import { say } from "../i18n.js";

/** @typedef {{id: string, values?: Record<string, string | number>}} Said */

/** A message; `part`, where it has one, is the name of a part of the token. @param {Said} said */
export function inWords({ id, values = {} }) {
  const part = typeof values.part === "string" ? { part: say(`workbench-the-${values.part}`) } : {};
  return say(id, { ...values, ...part }); // says: workbench-*
}
