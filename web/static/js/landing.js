// @ts-check
/**
 * The probe page at `http://localhost`: every browser resolves that name. Where `*.localhost` resolves too, the lab is one
 * step away; where it does not, the page says so instead of a browser's error page.
 */

import { reaches } from "./api.js";
import { find } from "./dom.js";

const PATIENCE_MS = 2_000;

const main = find("main", HTMLElement);
const origin = main.dataset.appOrigin ?? "";
const probing = find("#probing", HTMLElement);

probing.hidden = false;
if (await reaches(origin, PATIENCE_MS)) {
  location.replace(`${origin}/`);
} else {
  probing.hidden = true;
  find("#unreachable", HTMLElement).hidden = false;
}
