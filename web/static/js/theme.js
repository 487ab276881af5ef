// @ts-check
/** The ◐ button: as the system has it, light, dark. */

import { say } from "./i18n.js";
import { applyTheme, prefer, preference } from "./preferences.js";

const THEMES = ["auto", "light", "dark"];
/** @type {Record<string, string>} */
const NAMES = { auto: "theme-auto", light: "theme-light", dark: "theme-dark" };

/** @param {HTMLButtonElement} button @param {(line: string) => void} announce */
export function themeButton(button, announce) {
  let theme = preference("theme") ?? "auto";
  // says: theme-auto, theme-light, theme-dark
  const name = () => say("theme-now", { theme: say(NAMES[theme] ?? NAMES.auto) });
  button.title = name();
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    applyTheme(theme);
    prefer("theme", theme);
    button.title = name();
    announce(button.title);
  });
}
