// @ts-check
/** The first page: puts the parts together, and says which event reaches which. */

import { Actions } from "./actions.js";
import { run } from "./api.js";
import { LabClock } from "./clock.js";
import { chosen, showChoices, showTime, wireActions, wireLabControls } from "./controls.js";
import { Credentials } from "./credentials.js";
import { find } from "./dom.js";
import { LabChanged, LabEvents } from "./events.js";
import { laneOf, pathOf } from "./exchange.js";
import { loadMessages, say } from "./i18n.js";
import { singleKeys } from "./keys.js";
import { LabState } from "./lab-state.js";
import { SessionClient, TokenClient } from "./lane-clients.js";
import { LaneView } from "./lane-view.js";
import { MessageDialog } from "./message-dialog.js";
import { failure } from "./outcome.js";
import { choosePlainCookie } from "./plain-cookie.js";
import { Present } from "./present.js";
import { ExchangeAdded, ExchangeRecord } from "./record.js";
import { RecordedCalls } from "./recorded-calls.js";
import { themeButton } from "./theme.js";
import { defineWireDiagram } from "./wire-diagram.js";

await loadMessages();
defineWireDiagram();

const record = new ExchangeRecord();
const events = new LabEvents(record);
const lab = new LabState();
const clock = new LabClock();
const credentials = new Credentials();
const calls = new RecordedCalls(record, events);
const views = { session: new LaneView("session"), token: new LaneView("token") };
const dialog = new MessageDialog(find("#message", HTMLDialogElement));

const refreshExpiry = () => clock.now() + (lab.current?.jwt.refresh_lifetime_seconds ?? 0) * 1000;
const actions = new Actions(find("main", HTMLElement), find("#announce", HTMLElement), {
  session: new SessionClient(calls, credentials),
  token: new TokenClient(calls, credentials, refreshExpiry),
}, chosen);
const announce = (/** @type {string} */ line) => actions.announce(line);
const present = new Present(find("#present", HTMLButtonElement), announce);

const viewer = { cookieName: "", run, liveAfter: Number.MAX_SAFE_INTEGER };

function keep() {
  if (lab.current === null) return;
  for (const view of Object.values(views)) view.keep(credentials, lab.current, clock.now());
}

lab.addEventListener("change", () => {
  const state = lab.current;
  if (state === null) return;
  clock.set(state.now);
  calls.useOrigins(state.origins);
  credentials.useCookieName(state.session.cookie);
  viewer.cookieName = dialog.cookieName = state.session.cookie;
  showChoices(state);
  keep();
});
clock.addEventListener("tick", () => {
  showTime(clock.now());
  const expired = Object.values(views).map((view) => view.tick(clock.now()));
  if (expired.includes(true)) keep();
});
credentials.addEventListener("change", keep);

record.addEventListener("added", (event) => {
  if (!(event instanceof ExchangeAdded)) return;
  const { exchange } = event;
  if (pathOf(exchange).startsWith("/stage/")) return; // An experiment's, in another tab.
  const lane = laneOf(exchange.server);
  if (lane !== null) views[lane].show(exchange, exchange.id > viewer.liveAfter);
  credentials.learn(exchange);
  if (exchange.id > viewer.liveAfter) lab.refreshSoon();
});
record.addEventListener("cleared", () => {
  for (const view of Object.values(views)) view.clear();
});

events.addEventListener("changed", async (event) => {
  if (!(event instanceof LabChanged)) return;
  if (event.reason === "offline") return announce(say("lab-offline"));
  const offset = lab.current?.offset_seconds ?? 0;
  if (event.reason === "reset") record.clear();
  if (event.reason === "reconnected") record.clear(0);
  const state = await lab.refresh().catch(() => null);
  if (event.reason === "reset") credentials.forgetCopies();
  // Back to now: every session and family has ended, so what this page holds is worth nothing.
  if (event.reason === "clock" && state !== null && state.offset_seconds < offset) credentials.dropTokens();
  if (event.reason === "reconnected") await events.catchUp().then(() => announce(say("lab-online")), () => undefined);
});

document.addEventListener("open-message", (event) => {
  if (event instanceof CustomEvent) dialog.openMessage(event.detail.exchange, event.detail.part);
});
document.addEventListener("click", (event) => {
  const reads = event.target instanceof Element && event.target.closest("[data-reads=access]") !== null;
  if (reads && credentials.access !== null) dialog.openToken(credentials.access.text);
});

wireActions(actions, () => {
  present.release();
  for (const view of Object.values(views)) view.follow();
});
wireLabControls(actions, lab, credentials);
themeButton(find("#theme", HTMLButtonElement), announce);
singleKeys(find("#single-keys", HTMLInputElement));
find("#help", HTMLButtonElement).addEventListener("click", () => find("#keys", HTMLDialogElement).showModal());

try {
  const { state, warning } = await choosePlainCookie(await lab.refresh(), run);
  lab.take(state);
  if (warning !== null) {
    const banner = find("#banner", HTMLElement);
    banner.textContent = warning;
    banner.hidden = false;
  }
  viewer.liveAfter = state.last_exchange;
  for (const view of Object.values(views)) view.useViewer(viewer);
  await events.start();
  find("main", HTMLElement).dataset.busy = "false";
} catch (error) {
  announce(failure(error));
}
