// @ts-check
/** Whether two groups of measurements are apart: a rule that is fixed before anything is measured. */

import { median } from "./figures/dots.js";

/** How unlikely the order must be by chance, and by how much of the larger one the medians must differ. The first alone would find
 * apart what differs by a hair, given enough measurements; the second alone would be led by noise. */
const BY_CHANCE = 0.001;
const MEDIANS = 0.2;

/** The rank-sum test of Mann and Whitney, two-sided, by its normal approximation with the correction for continuity: it asks how
 * often a value of one group is above one of the other, and no outlier weighs more than another.
 * @param {number[]} one @param {number[]} other A dozen of each suffice. @returns {{apart: boolean, p: number}} */
export function compare(one, other) {
  const [n, m] = [one.length, other.length];
  const above = one.reduce((sum, a) => sum + other.reduce((count, b) => count + (a > b ? 1 : a === b ? 0.5 : 0), 0), 0);
  const deviation = Math.sqrt((n * m * (n + m + 1)) / 12);
  const z = Math.max(Math.abs(above - (n * m) / 2) - 0.5, 0) / deviation;
  const p = Math.min(2 * tail(z), 1);
  const [a, b] = [median(one), median(other)];
  return { apart: p < BY_CHANCE && Math.abs(a - b) > MEDIANS * Math.max(a, b), p };
}

/** The upper tail of the normal distribution, to seven digits (Abramowitz and Stegun 26.2.17). @param {number} z Not negative. */
function tail(z) {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
