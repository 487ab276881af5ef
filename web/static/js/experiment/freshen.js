// @ts-check
/** Meeting a server that has just restarted. */

import { callServer, run } from "../api.js";

/** Uses up the connections that a browser still keeps to servers which have restarted: over one of these a POST would be lost and not be
 * sent again, where a GET is. With and without cookies, since those are connections apart. Part of no experiment.
 * @param {Record<string, string>} origins */
export async function freshen({ session, jwt }) {
  const asks = [session, jwt].flatMap((origin) => [true, false].map((cookies) =>
    callServer(origin, "GET", "/healthz", { mode: "no-cors", cookies }, run).catch(() => null)));
  await Promise.all(asks);
}
