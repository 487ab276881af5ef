// @ts-check
/** Hands both credentials to the partner, and counts how often it asks the bank. */

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */

/** @param {Bench} bench */
export async function run(bench) {
  await bench.use({ "session.transport": "header" });
  for (const [server, lane] of /** @type {["session" | "jwt", string][]} */ ([["session", "session"], ["jwt", "token"]])) {
    bench.doing(bench.say("calls", { lane }));
    const login = await bench.logIn(server);
    const bearer = login.body.access_token;
    await bench.send("partner", "POST", "/offers/forget", { text: "" });
    const first = await bench.send("partner", "GET", "/offers", { bearer });
    const later = await bench.send("partner", "GET", "/offers", { bearer });
    bench.observe(`who/recognised/${lane}`, first.body.for === "alice" ? "knows-you" : "stranger", [first.exchange]);
    bench.observe(`home/first-call/${lane}`, asks(first.exchange), [first.exchange]);
    bench.observe(`home/later-call/${lane}`, asks(later.exchange), [later.exchange]);

    bench.doing(bench.say("away"));
    await bench.away(server, true);
    const alone = await bench.send("partner", "GET", "/offers", { bearer });
    await bench.away(server, false);
    bench.observe(`away/bank-away/${lane}`, alone.status === 200 ? "served" : "not-served", [alone.exchange]);

    const abuse = await bench.send("partner", "GET", "/offers/abuse", { bearer });
    bench.observe(`price/partner-is-you/${lane}`, abuse.body.bank_says === 200 ? "accepted" : "refused", [abuse.exchange]);
    const json = server === "jwt" ? { refresh_token: login.body.refresh_token } : {};
    const logout = await bench.send(server, "POST", "/logout", { bearer, json });
    const after = await bench.send("partner", "GET", "/offers", { bearer });
    bench.observe(`price/after-logout/${lane}`, after.status === 200 ? "served" : "not-served", [logout.exchange, after.exchange]);
  }
}

/** Whether a call made the partner ask the bank. @param {Exchange | null} exchange */
const asks = (exchange) => (exchange?.steps.some((step) => step.effect === "read" && step.phase === "authentication") ? "asks" : "does-not-ask");
