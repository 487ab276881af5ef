// @ts-check
/** What went wrong, said in words, with what to do about it. */

import { Refused, Unreachable } from "./api.js";
import { say } from "./i18n.js";

/** @param {import("./api.js").Answer} answer @returns {{ok: false, text: string}} */
export function refusal({ status, body, retryAfter }) {
  const seconds = retryAfter ?? 1;
  if (status === 401) return { ok: false, text: say("refused-401") };
  if (status === 429) return { ok: false, text: say("refused-429", { seconds }) };
  if (status === 503) return { ok: false, text: say("refused-503", { seconds }) };
  const reason = body.detail || body.title || body.error_description || body.error || "";
  return { ok: false, text: reason === "" ? say("refused-bare", { status }) : say("refused-other", { status, reason }) };
}

/** @param {unknown} error */
export function failure(error) {
  if (error instanceof Unreachable) return say("unreachable", { host: error.host });
  if (error instanceof Refused) return refusal(error.answer).text;
  return say("page-defect", { error: error instanceof Error ? error.message : String(error) });
}
