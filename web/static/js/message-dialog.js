// @ts-check
/** `<dialog id="message">`: one recorded message, whole. */

import { asCurl } from "./curl.js";
import { find, html } from "./dom.js";
import { laneOfReplica, shownTarget } from "./exchange.js";
import { say } from "./i18n.js";
import { decodedToken, explainedCookie, stepsTable, tokensIn, wholeMessage } from "./message-parts.js";
import { fullTime } from "./times.js";

/** @typedef {import("./exchange.js").Exchange} Exchange */
/** @typedef {"request" | "response"} Part */

export class MessageDialog {
  #dialog;
  #title;
  #under;
  #body;
  #parts;
  /** @type {Exchange | null} */
  #exchange = null;
  cookieName = "";

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#title = find("#message-title", HTMLElement, dialog);
    this.#under = find("#message-under", HTMLElement, dialog);
    this.#body = find("#message-body", HTMLElement, dialog);
    this.#parts = find("#message-parts", HTMLFieldSetElement, dialog);
    this.#parts.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement) this.#show(/** @type {Part} */ (event.target.value));
    });
    // A click on the backdrop has the dialog itself as its target, since a child fills the rest.
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  /** @param {Exchange} exchange @param {Part} part */
  openMessage(exchange, part) {
    this.#exchange = exchange;
    this.#dialog.dataset.lane = laneOfReplica(exchange.server) ?? "";
    this.#dialog.classList.toggle("elsewhere", exchange.elsewhere);
    this.#title.textContent = `${exchange.request.method} ${shownTarget(exchange)}`;
    this.#under.textContent = say("message-under", { id: exchange.id, server: exchange.server, time: fullTime(Date.parse(exchange.at)) });
    this.#parts.hidden = false;
    find(`input[value=${part}]`, HTMLInputElement, this.#parts).checked = true;
    this.#show(part);
    this.#open();
  }

  /** A token on its own, as this page holds it. @param {string} text */
  openToken(text) {
    this.#exchange = null;
    this.#dialog.dataset.lane = "token";
    this.#dialog.classList.remove("elsewhere");
    this.#title.textContent = say("access-token");
    this.#under.textContent = say("access-token-under");
    this.#parts.hidden = true;
    this.#body.replaceChildren(decodedToken(text));
    this.#open();
  }

  #open() {
    if (!this.#dialog.open) this.#dialog.showModal();
    const checked = this.#parts.querySelector("input:checked");
    if (!this.#parts.hidden && checked instanceof HTMLInputElement) checked.focus();
    this.#body.scrollTop = 0;
  }

  /** @param {Part} part */
  #show(part) {
    const exchange = this.#exchange;
    if (exchange === null) return;
    const { request, response } = exchange;
    const message = part === "request" ? request : response;
    const first = part === "request"
      ? `${request.method} ${request.target} ${request.version}`
      : `${request.version} ${response.status} ${response.reason}`;
    const sections = [
      wholeMessage(first, message.headers, message.body),
      explainedCookie(exchange, part, this.cookieName),
      ...tokensIn(message).map(decodedToken),
      part === "request" ? curlSection(exchange) : null,
      exchange.steps.length > 0 ? stepsTable(exchange) : null,
    ];
    this.#body.replaceChildren(...sections.filter((section) => section !== null));
  }
}

/** @param {Exchange} exchange */
function curlSection(exchange) {
  const command = html("pre", { class: "curl", tabindex: "0" }, asCurl(exchange));
  const button = html("button", { type: "button", class: "quiet", id: "copy-curl" }, say("copy-curl"));
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(asCurl(exchange)).then(() => true, () => false);
    // Without the permission the command is selected, for the reader's own copy key.
    if (!copied) getSelection()?.selectAllChildren(command);
    button.textContent = say(copied ? "copied-curl" : "selected-curl");
  });
  return html("section", { class: "curl-section" }, html("h3", {}, say("curl-title")), command, button);
}
