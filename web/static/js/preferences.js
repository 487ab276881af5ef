// @ts-check
/**
 * How the page looks for this reader: theme, projector mode, single keys. Kept in localStorage, where the lab keeps nothing
 * else; the page works the same when storage is refused.
 *
 * This module is loaded with `blocking="render"`, so that a dark page never flashes light.
 */

/** @typedef {"theme" | "present" | "keys"} Preference */

/** @param {Preference} name @returns {string | null} */
export function preference(name) {
  try {
    return localStorage.getItem(`svt-${name}`);
  } catch {
    return null;
  }
}

/** @param {Preference} name @param {string} value */
export function prefer(name, value) {
  try {
    localStorage.setItem(`svt-${name}`, value);
  } catch {
    // Refused storage only means that the choice ends with the page.
  }
}

/** @param {string} theme `auto`, `light` or `dark` */
export function applyTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

applyTheme(preference("theme") ?? "auto");
if (preference("present") === "on") document.documentElement.dataset.present = "";
