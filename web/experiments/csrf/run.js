// @ts-check
/** Forged transfers, sent by a form on the attacker's site and on the sibling host, past each defence; the ledger says what moved. */

/** @typedef {import("/static/js/experiment/bench.js").Bench} Bench */
/** @typedef {import("/static/js/experiment/bench.js").Step} Step */
/** @typedef {import("/static/js/exchange.js").Exchange} Exchange */
/** @typedef {{server: "session" | "jwt", column: string}} Lane */
/** @typedef {{name: string, lanes: Lane[], settings: Record<string, string>, row: (from: string) => string}} Round */

/** What takes every defence away; each round puts one back. */
const BARE = { "http.csrf": "dangerously-none", "cookie.same_site": "none" };
/** @type {Record<string, Record<string, string>>} */
const ALONE = {
  "lax": { "cookie.same_site": "lax" },
  "strict": { "cookie.same_site": "strict" },
  "token": { "http.csrf": "token" },
  "origin": { "http.csrf": "origin" },
};
/** What means nothing to a credential that is in no cookie. */
const OF_COOKIES = ["lax", "strict"];
/** Rounds in which the JWT travels in a header come first: a cookie that is left is taken away by the logout of the last round.
 * @type {{transport: string, lanes: Lane[]}[]} */
const TRANSPORTS = [
  { transport: "header", lanes: [{ server: "jwt", column: "token-header" }] },
  { transport: "cookie", lanes: [{ server: "session", column: "session" }, { server: "jwt", column: "token-cookie" }] },
];
const ATTACKERS = ["evil", "blog"];
/** How long the attacker's page shows its form before it sends it, in milliseconds. */
const SHOWN = 500;
const AMOUNT = 100;

/** @param {Bench} bench */
export async function run(bench) {
  const rounds = roundsOf(bench);
  /** @type {Step[]} */
  const steps = rounds.flatMap((round) => [{ at: "evil", do: "wait", for: `ready-${round.name}` }, ...errands(round)]);
  const play = async () => {
    for (const [index, round] of rounds.entries()) {
      bench.doing(bench.say("round", { number: index + 1, count: rounds.length }));
      await playRound(bench, round);
    }
  };
  await bench.tabWhile([...steps, { at: "evil", do: "end-errands" }], play);
}

/** @param {Bench} bench @returns {Round[]} */
function roundsOf(bench) {
  return TRANSPORTS.flatMap(({ transport, lanes }) => {
    const round = (/** @type {string} */ name, /** @type {Record<string, string>} */ settings, /** @type {Round["row"]} */ row) =>
      ({ name: `${name}-${transport}`, lanes, settings: { ...settings, "jwt.transport": transport }, row });
    return [
      ...bench.sides.map(({ name, settings }) => round(name, settings, (from) => `attack/${from}-${name}`)),
      ...Object.entries(ALONE).filter(([name]) => transport === "cookie" || !OF_COOKIES.includes(name)).map(([name, kept]) => round(name, onBoth({ ...BARE, ...kept }), (from) => `alone/${name}-${from}`)),
    ];
  });
}

/** @param {Record<string, string>} settings */
const onBoth = (settings) => Object.fromEntries(Object.entries(settings).flatMap(([key, value]) => [[`session.${key}`, value], [`jwt.${key}`, value]]));

/** What marks a forged transfer in the form, in the record and in the ledger. @param {Round} round @param {string} from @param {Lane} lane */
const labelOf = (round, from, { column }) => `${round.name}-${from}-${column}`;

/** The forged forms of a round, each sent by a page of its own in the tab that the attacker sends about. @param {Round} round @returns {Step[]} */
function errands(round) {
  return ATTACKERS.flatMap((from) => round.lanes.map((lane) => {
    const label = labelOf(round, from, lane);
    const fields = { to: "mallory", amount_minor: AMOUNT, idempotency_key: key(label), note: label };
    const form = { at: from, do: "form-post", to: lane.server, path: `/transfers?label=${label}`, fields, shown: SHOWN };
    return { at: "evil", do: "errand", of: from, label, steps: [form] };
  }));
}

/** Once for each form of each run: the ledger books a key once. @param {string} label */
const key = (label) => `${label}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;

/** @param {Bench} bench @param {Round} round */
async function playRound(bench, round) {
  await bench.use(round.settings);
  for (const { server } of round.lanes) await bench.logIn(server);
  await bench.tell("evil", `ready-${round.name}`);
  for (const from of ATTACKERS) for (const lane of round.lanes) await bench.heard(labelOf(round, from, lane));
  for (const lane of round.lanes) {
    const bearer = lane.column === "token-header" ? bench.tokens.access_token : undefined;
    const list = await bench.send(lane.server, "GET", "/transfers", { cookies: true, bearer });
    for (const from of ATTACKERS) {
      const label = labelOf(round, from, lane);
      const forged = bench.exchanges.find((exchange) => isForged(exchange, label)) ?? null;
      bench.observe(`${round.row(from)}/${lane.column}`, outcomeOf(forged, list, label), [forged, list.exchange]);
    }
  }
}

/** By its address: of a request that was refused early the body is not on record. @param {Exchange} exchange @param {string} label */
const isForged = ({ request }, label) => request.method === "POST" && request.target.startsWith(`/transfers?label=${label}&`);

/** What the ledger says of a transfer. Null where the form never arrived, the server was in trouble, or nobody was logged in whose
 * money could have moved. @param {Exchange | null} forged @param {import("/static/js/experiment/bench.js").Sent} list @param {string} label */
function outcomeOf(forged, list, label) {
  if (list.status !== 200 || forged === null) return null;
  const isBooked = list.body.transfers.some((/** @type {{note: string}} */ { note }) => note === label);
  if (isBooked) return "moved";
  return [401, 403].includes(forged.response.status) ? "stayed" : null;
}
