// @ts-check
/** The shapes of what the lab says of its benchmark; `svt bench --schema` describes the report whole. */

/** @typedef {{median: number, low: number, high: number}} Estimate */
/**
 * @typedef {object} Arm
 * @property {string} name
 * @property {string} title
 * @property {"session" | "token" | "floor"} side
 * @property {string | null} failure
 * @property {{ratio: Estimate | null, cost_us: Estimate, per_second: Estimate} | null} figures
 * @property {{request: number, answer: number} | null} bytes
 * @property {{reads: number, writes: number} | null} store
 * @property {number | null} live How many logins there were, where that is what is varied.
 * @property {number | null} memory_bytes
 * @property {{name: string, unit: string, estimate: Estimate}[]} measures
 */
/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {string} unit What a cost is the cost of.
 * @property {"cpu" | "wall"} cost_is
 * @property {Arm[]} arms
 * @property {{sentence: string}[]} findings
 */
/**
 * @typedef {object} Report
 * @property {boolean} complete
 * @property {string[]} warnings
 * @property {Scenario[]} scenarios
 */
/** @typedef {{scenario: string, name: string, title: string, says: string}} Plot */
/** @typedef {{bearing: "for" | "against" | "neither" | "open", sentence: string}} Observation */
/** @typedef {{id: string, verdict: "true" | "half" | "false" | "none", observations: Observation[]}} Claim */
/** @typedef {{version: number, claims: Claim[], plots: Plot[]}} Shown */
/**
 * @typedef {object} Benchmark
 * @property {boolean} can_run
 * @property {"idle" | "running" | "done"} phase
 * @property {boolean} stopping
 * @property {{arm: string | null, round: number | null, rounds: number, turns_done: number, turns: number, seconds_left: number} | null} progress
 * @property {string | null} failure
 * @property {Shown | null} shown
 */

export {};
