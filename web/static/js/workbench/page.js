// @ts-check
/**
 * The workbench: a token is taken apart, changed, signed and checked in this page. Nothing that is typed here leaves it: the page
 * sends nothing once it is there, and keeps nothing in the browser.
 */

import { find, html } from "../dom.js";
import { loadMessages, say } from "../i18n.js";
import { encode, generate, isAlgorithm, sign, unsigned, BadKey } from "../jose.js";
import { singleKeys } from "../keys.js";
import { isPresented, setPresented } from "../presenting.js";
import { themeButton } from "../theme.js";
import { check } from "./check.js";
import { objectIn } from "./json.js";
import { chooseKeys, readKey } from "./keys.js";
import { jsonFault, readToken } from "./read.js";
import { inWords } from "./said.js";
import { colourToken, showFault, showFindings, showMeanings } from "./view.js";

/** The sample that goes round in notes and tutorials, and the secret that is printed beside it. */
const SAMPLE = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
const SECRET = "your-256-bit-secret";

await loadMessages();

const main = find("main", HTMLElement);
const token = find("#token", HTMLTextAreaElement);
const header = find("#header", HTMLTextAreaElement);
const payload = find("#payload", HTMLTextAreaElement);
const verifyKey = find("#verify-key", HTMLTextAreaElement);
const signKey = find("#sign-key", HTMLTextAreaElement);
const encoding = find("#secret-encoding", HTMLSelectElement);
const algorithm = find("#algorithm", HTMLSelectElement);
const did = find("#did", HTMLElement);
algorithm.append(...["HS256", "ES256", "EdDSA", "RS256"].map((name) => html("option", { translate: "no" }, name)));

/** The lab's clock went on from here when the page was opened. */
const opened = Number(main.dataset.now) * 1000 - performance.now();
const now = () => opened + performance.now();

/** Counts the checks: a slow one must not overwrite what a later one said. */
let latest = 0;

/** The token in the field, checked and drawn. @param {boolean} fill Whether the two editors take what it says. */
async function look(fill) {
  const turn = latest += 1;
  main.dataset.busy = "true";
  const read = readToken(token.value);
  colourToken(token.value);
  if (fill) fillEditors(read);
  const findings = await check(read, readKey(verifyKey.value, chosenEncoding()), now());
  if (turn !== latest) return;
  showFindings(findings);
  showMeanings(read, now());
  main.dataset.busy = "false";
}

/** @param {import("./read.js").Read} read */
function fillEditors(read) {
  header.value = read.header === null ? "" : JSON.stringify(read.header.object, null, 2);
  const { text = "", object = null } = read.payload ?? {};
  payload.value = object === null ? text : JSON.stringify(object, null, 2);
  for (const field of [header, payload]) {
    fit(field);
    showFault(field, null);
  }
  const alg = read.header?.object.alg;
  if ([...algorithm.options].some(({ value }) => value === alg)) algorithm.value = alg;
}

/** As high as its text. @param {HTMLTextAreaElement} field */
function fit(field) {
  field.rows = Math.min(Math.max(field.value.split("\n").length, 4), 24);
}

/** Puts what an editor says into the token, if it is JSON; the signature stays, and no longer matches.
 * @param {HTMLTextAreaElement} field @param {0 | 1} index */
function edited(field, index) {
  fit(field);
  const { object, fault } = objectIn(field.value);
  showFault(field, fault === null ? null : jsonFault(index === 0 ? "header" : "payload", fault));
  if (object === null) return;
  const { parts } = readToken(token.value);
  if (parts.length > 3) return; // A JWE has no payload that could be written, and its header is of no use elsewhere.
  while (parts.length < 3) parts.push("");
  parts[index] = encode(JSON.stringify(object));
  token.value = parts.slice(0, 3).join(".");
  void look(false);
}

const chosenEncoding = () => (encoding.value === "base64url" ? "base64url" : "text");

/** Signs what the editors say with the private key, or, without one, with the key that verifies. */
async function signAnew() {
  const head = objectIn(header.value);
  const body = objectIn(payload.value);
  if (head.object === null || body.object === null) return tell("workbench-cannot-sign");
  const text = unsigned(JSON.stringify(head.object), JSON.stringify(body.object));
  if (String(head.object.alg).toLowerCase() === "none") {
    token.value = `${text}.`;
    tell("workbench-signed-none");
    return look(true);
  }
  const key = readKey(signKey.value.trim() === "" ? verifyKey.value : signKey.value, chosenEncoding());
  const { keys, why } = await chooseKeys(key, head.object, "sign");
  if (keys === null) return tell(why.id, why.values);
  token.value = await sign(text, keys[0]);
  tell("workbench-signed", { alg: String(head.object.alg) });
  return look(true);
}

/** A new key of the chosen algorithm, for both fields; the header names the algorithm, and nothing of an older key. */
async function makeKey() {
  const alg = algorithm.value;
  if (!isAlgorithm(alg)) return;
  try {
    const { privateJwk, publicJwk } = await generate(alg);
    verifyKey.value = JSON.stringify(publicJwk ?? privateJwk, null, 2);
    signKey.value = publicJwk === null ? "" : JSON.stringify(privateJwk, null, 2);
  } catch (error) {
    if (!(error instanceof BadKey)) throw error;
    return tell(`workbench-key-${error.problem}`, { alg });
  }
  const { kid: _, ...kept } = objectIn(header.value).object ?? { typ: "at+jwt" };
  header.value = JSON.stringify({ ...kept, alg }, null, 2);
  edited(header, 0);
  tell("workbench-key-made", { alg });
}

/** @param {string} id @param {Record<string, string | number>} [values] */
function tell(id, values) {
  did.textContent = inWords({ id, values });
}

function sample() {
  token.value = SAMPLE;
  verifyKey.value = SECRET;
  signKey.value = "";
  encoding.value = "text";
  did.textContent = "";
  return look(true);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(token.value);
    tell("workbench-copied");
  } catch {
    token.select();
    tell("workbench-selected");
  }
}

for (const field of [token, header, payload, verifyKey, signKey]) field.addEventListener("input", () => void (did.textContent = ""));
token.addEventListener("input", () => void look(true));
header.addEventListener("input", () => edited(header, 0));
payload.addEventListener("input", () => edited(payload, 1));
for (const field of [verifyKey, encoding]) field.addEventListener("input", () => void look(false));
find("#sign", HTMLButtonElement).addEventListener("click", () => void signAnew());
find("#make-key", HTMLButtonElement).addEventListener("click", () => void makeKey());
find("#sample", HTMLButtonElement).addEventListener("click", () => void sample());
find("#copy", HTMLButtonElement).addEventListener("click", () => void copy());

themeButton(find("#theme", HTMLButtonElement), (line) => void (did.textContent = line));
singleKeys(find("#single-keys", HTMLInputElement));
find("#help", HTMLButtonElement).addEventListener("click", () => find("#keys", HTMLDialogElement).showModal());
const present = find("#present", HTMLButtonElement);
present.setAttribute("aria-pressed", String(isPresented()));
present.addEventListener("click", () => setPresented(present, !isPresented()));
token.placeholder = say("workbench-placeholder");
await sample();
