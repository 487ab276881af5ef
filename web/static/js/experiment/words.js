// @ts-check
/** What the script of an experiment says, in the words of the experiment's own text. */

/** Words of an experiment's text, `say-<id>`, with their placeables filled in.
 * @param {Record<string, string>} words @param {string} id @param {Record<string, string | number>} [values] */
export function sayOf(words, id, values = {}) {
  const pattern = words[`say-${id}`] ?? id;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
