// @ts-check
/** Taking cookies away again. */

/** The line that takes a cookie away which `line` has set: the same name, place and attributes, in the past.
 * @param {string} line */
export function expired(line) {
  const [pair, ...attributes] = line.split(";");
  const kept = attributes.filter((attribute) => !/^\s*(max-age|expires)/i.test(attribute));
  return [`${pair.split("=", 1)[0]}=`, ...kept, " Max-Age=0"].join(";");
}
