// @ts-check
/** What observations come to: computed from what happened, and from the rules that apply to this browser. */

/** @typedef {import("./kept.js").Facts} Facts */
/** @typedef {import("./kept.js").Observation} Observation */
/** @typedef {{is: string, when: Facts, source: string}} Expectation */
/**
 * @typedef {object} Cell
 * @property {string} id `matrix/row/column`.
 * @property {string} matrix
 * @property {string} row
 * @property {string} column
 * @property {string[]} outcomes
 * @property {boolean} asked
 * @property {Expectation[]} expectations
 */
/** @typedef {{id: string, lane: string | null, rows: string[], columns: string[], open: boolean}} Matrix */
/** @typedef {"true" | "half" | "false"} Verdict */
/** @typedef {{id: string, verdict: Verdict, supports: string[], contradicts: string[]}} Claim */
/** @typedef {{browser: string, version: string, date: string, facts: Facts, observed: Record<string, string>}} Evidence */
/**
 * @typedef {object} Definition As `/experiments/<id>.json` gives it.
 * @property {string} id
 * @property {string} title
 * @property {number} minutes
 * @property {{key: string, values: string[]}[]} settings
 * @property {boolean} needs_sibling_hosts
 * @property {boolean} needs_replicas
 * @property {boolean} panel Whether its folder has a `panel.js`.
 * @property {import("./switch-bar.js").Switch | null} switch
 * @property {import("./inputs.js").Input[]} inputs
 * @property {import("./figures.js").Figure[]} figures
 * @property {Matrix[]} matrices
 * @property {Cell[]} cells
 * @property {Claim[]} claims
 * @property {Record<string, string>} words
 * @property {Evidence[]} evidence
 */

/** An outcome of a cell that cannot be observed where this browser is. It is no verdict, and never wrong. */
export const NOT_OBSERVABLE = "not-observable";

/** The last rule that holds for this browser; null where nothing is expected.
 * @param {Cell} cell @param {Facts | null} facts @returns {Expectation | null} */
export function expectationOf({ expectations }, facts) {
  const holds = (/** @type {Expectation} */ { when }) =>
    Object.entries(when).every(([fact, value]) => facts !== null && facts[fact] === value);
  return expectations.filter(holds).at(-1) ?? null;
}

/** Whether an observation is as expected; null where there is nothing to compare.
 * @param {Cell} cell @param {Observation | undefined} observation @param {Facts | null} facts @returns {boolean | null} */
export function agrees(cell, observation, facts) {
  const expectation = expectationOf(cell, facts);
  if (observation === undefined || observation.outcome === NOT_OBSERVABLE || expectation === null) return null;
  return observation.outcome === expectation.is;
}

/**
 * @typedef {object} ClaimVerdict
 * @property {Claim} claim
 * @property {Verdict | "none"} verdict
 * @property {string[]} speaksFor `cell=outcome` that was observed and supports the claim.
 * @property {string[]} speaksAgainst
 */

/** What was observed says of a claim. @param {Claim} claim @param {Record<string, Observation>} observed @returns {ClaimVerdict} */
export function verdictOf(claim, observed) {
  const seen = (/** @type {string} */ place) => {
    const at = place.lastIndexOf("=");
    return observed[place.slice(0, at)]?.outcome === place.slice(at + 1);
  };
  const speaksFor = claim.supports.filter(seen);
  const speaksAgainst = claim.contradicts.filter(seen);
  const both = speaksFor.length > 0 && speaksAgainst.length > 0;
  const verdict = both ? "half" : speaksFor.length > 0 ? "true" : speaksAgainst.length > 0 ? "false" : "none";
  return { claim, verdict, speaksFor, speaksAgainst };
}
