// @ts-check
/**
 * Times and durations in words. Every instant is shown in UTC: the server writes its results in UTC too, and one page must
 * not tell the same moment in two ways.
 */

import { language, say } from "./i18n.js";

const DAY_MS = 86_400_000;
const NEAR_DAYS = 2;

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", hourCycle: "h23", ...options });
const dayAndTime = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const date = format({ day: "numeric", month: "short" });
const minutes = format({ hour: "2-digit", minute: "2-digit" });
const seconds = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const whole = format({ dateStyle: "medium", timeStyle: "medium" });

/** "Mon, 23 Nov, 10:00". @param {number} ms */
export const labTime = (ms) => dayAndTime.format(ms);

/** "23 Nov 2026, 10:00:05". @param {number} ms */
export const fullTime = (ms) => whole.format(ms);

/** "10:00:05". @param {number} ms */
export const secondsTime = (ms) => seconds.format(ms);

/** As much as it takes: "10:30" on the day of `now`, "24 Nov, 10:30" on a day near it, "23 Dec" on any other.
 * @param {number} ms @param {number} now */
export function shortTime(ms, now) {
  const days = Math.abs(Math.floor(ms / DAY_MS) - Math.floor(now / DAY_MS));
  if (days === 0) return minutes.format(ms);
  if (days > NEAR_DAYS) return date.format(ms);
  return say("time-other-day", { date: date.format(ms), time: minutes.format(ms) });
}

/** Shortens the RFC 3339 instants in a text of the server: "expired at 11:24:12". @param {string} text @param {number} now */
export function withShortTimes(text, now) {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (instant) => {
    const ms = Date.parse(instant);
    const sameDay = Math.floor(ms / DAY_MS) === Math.floor(now / DAY_MS);
    return sameDay ? seconds.format(ms) : say("time-other-day", { date: date.format(ms), time: seconds.format(ms) });
  });
}

/** What is left, or how long it took: "14:32", "6 h 59 min", "29 d 23 h". @param {number} ms */
export function span(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor(total / 3_600);
  const mins = Math.floor(total / 60);
  if (days > 0) return say("span-days", { days, hours: hours % 24 });
  if (hours > 0) return say("span-hours", { hours, minutes: mins % 60 });
  return `${String(mins).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;
}

/** A pause between two exchanges in round words: "15 min", "7 d". @param {number} ms */
export function roundSpan(ms) {
  const mins = Math.round(ms / 60_000);
  if (mins < 60) return say("span-round-minutes", { minutes: mins });
  if (mins < 1_440) return say("span-round-hours", { hours: Math.round(mins / 60) });
  return say("span-round-days", { days: Math.round(mins / 1_440) });
}

const relative = new Intl.RelativeTimeFormat(language);
const YEAR_DAYS = 365.25;
/** From the longest unit to the shortest. @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["year", YEAR_DAYS * DAY_MS], ["month", (YEAR_DAYS / 12) * DAY_MS], ["day", DAY_MS], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]];

/** "8 years ago", "in 15 minutes": in the largest unit of which there are two, rounded. @param {number} ms After now; before it where negative. */
export function fromNow(ms) {
  const [unit, length] = UNITS.find(([, length]) => Math.abs(ms) >= 2 * length) ?? ["second", 1_000];
  return relative.format(Math.round(ms / length), unit);
}

const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });

/** A measured duration: microseconds below a millisecond, milliseconds above. @param {number} us */
export function measured(us) {
  return us < 1_000
    ? say("duration-us", { value: number.format(us) })
    : say("duration-ms", { value: number.format(us / 1_000) });
}
