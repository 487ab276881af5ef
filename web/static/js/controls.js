// @ts-check
/** The bar above the lanes: who, on which lanes, what to do; the lab's clock, its settings, its reset. */

import { advanceClock, choosePreset, resetClock, resetLab } from "./api.js";
import { find, html } from "./dom.js";
import { say } from "./i18n.js";
import { alive, sayAdvanced } from "./lab-changes.js";
import { labTime } from "./times.js";

/** @typedef {import("./actions.js").Actions} Actions */
/** @typedef {import("./api.js").LabState} State */

const user = () => find("#user", HTMLSelectElement);

/** What the reader has chosen. */
export const chosen = {
  user() {
    const option = user().selectedOptions[0];
    return { username: option?.value ?? "", password: option?.dataset.password ?? "" };
  },
  lanes() {
    return /** @type {"both" | "session" | "token"} */ (find("input[name=lanes]:checked", HTMLInputElement).value);
  },
};

/** @param {Actions} actions @param {() => void} before Called at each press. */
export function wireActions(actions, before) {
  /** @type {Record<string, () => void>} */
  const buttons = {
    "#log-in": () => actions.logIn(),
    "#read-balance": () => actions.readBalance(),
    "#transfer": () => actions.transfer(),
    "#log-out": () => actions.logOut(),
    "#replay": () => actions.replay(),
  };
  for (const [selector, act] of Object.entries(buttons)) {
    find(selector, HTMLButtonElement).addEventListener("click", () => {
      before();
      act();
    });
  }
}

/** @param {Actions} actions @param {import("./lab-state.js").LabState} lab @param {import("./credentials.js").Credentials} credentials */
export function wireLabControls(actions, lab, credentials) {
  for (const button of document.querySelectorAll("button[data-advance]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.addEventListener("click", () => actions.perform(async () => {
      const before = alive(credentials, lab.current);
      const state = lab.take(await advanceClock(button.dataset.advance ?? ""));
      return sayAdvanced(button.textContent?.trim() ?? "", before, alive(credentials, state));
    }));
  }
  find("#clock-reset", HTMLButtonElement).addEventListener("click", () => actions.perform(async () => {
    lab.take(await resetClock());
    // The clock's event says the same to other tabs; here it may come after this answer, when the jump back is no longer seen.
    credentials.dropTokens();
    return say("clock-was-reset");
  }));
  find("#lab-reset", HTMLButtonElement).addEventListener("click", () => actions.perform(async () => {
    lab.take(await resetLab());
    return say("lab-was-reset");
  }));
  const preset = find("#preset", HTMLSelectElement);
  preset.addEventListener("change", () => actions.perform(async () => {
    const state = lab.take(await choosePreset(preset.value));
    return say(state.preset === "best-practice" ? "preset-is-best-practice" : "preset-is-as-in-the-notes");
  }));
}

/** @param {State} state */
export function showChoices(state) {
  const select = user();
  const names = [...select.options].map((option) => option.value);
  if (names.join() !== state.users.map((known) => known.username).join()) {
    select.replaceChildren(...state.users.map(({ username, password }) =>
      html("option", { value: username, "data-password": password }, `${username} · ${password}`)));
  }
  find("#preset", HTMLSelectElement).value = state.preset;
}

/** @param {number} now */
export function showTime(now) {
  const time = find("#lab-time", HTMLTimeElement);
  time.textContent = labTime(now);
  time.dateTime = new Date(now).toISOString();
}
