// @ts-check
/**
 * Reads JSON as strictly as a verifier should (RFC 8259), and says where it stops being JSON. `JSON.parse` keeps the last of two
 * members of one name and tells of neither; two readers that keep different ones can be played off against each other.
 */

/** @typedef {{kind: "syntax", line: number, column: number} | {kind: "duplicate", name: string} | {kind: "no-object"}} Fault */

/** The object in a text, or what is wrong with it. @param {string} text
 * @returns {{object: Record<string, any>, fault: null} | {object: null, fault: Fault}} */
export function objectIn(text) {
  const reader = new Reader(text);
  const fault = reader.read();
  if (fault !== null) return { object: null, fault };
  const value = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { object: null, fault: { kind: "no-object" } };
  return { object: value, fault: null };
}

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"([^"\\\u0000-\u001f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;

class Reader {
  #text;
  #at = 0;
  /** @type {string | null} */
  #duplicate = null;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  /** @returns {Fault | null} */
  read() {
    const whole = this.#value() && this.#at === this.#text.length;
    if (!whole) {
      const before = this.#text.slice(0, this.#at).split("\n");
      return { kind: "syntax", line: before.length, column: (before.at(-1) ?? "").length + 1 };
    }
    return this.#duplicate === null ? null : { kind: "duplicate", name: this.#duplicate };
  }

  /** A value with the space around it; `false` leaves the place where it stopped. @returns {boolean} */
  #value() {
    this.#space();
    const first = this.#text[this.#at];
    const found = first === "{" ? this.#members() : first === "[" ? this.#items() : first === '"' ? this.#match(STRING) !== null
      : this.#match(WORD) !== null || this.#match(NUMBER) !== null;
    if (found) this.#space();
    return found;
  }

  #members() {
    /** @type {Set<string>} */
    const names = new Set();
    return this.#list("}", () => {
      this.#space();
      const name = this.#match(STRING);
      if (name === null) return false;
      const read = JSON.parse(name);
      if (names.has(read)) this.#duplicate ??= read;
      names.add(read);
      this.#space();
      return this.#take(":") && this.#value();
    });
  }

  #items() {
    return this.#list("]", () => this.#value());
  }

  /** @param {string} end @param {() => boolean} item */
  #list(end, item) {
    this.#at += 1;
    this.#space();
    if (this.#take(end)) return true;
    do {
      if (!item()) return false;
    } while (this.#take(","));
    return this.#take(end);
  }

  /** @param {string} char */
  #take(char) {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  /** @param {RegExp} pattern */
  #match(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #space() {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at += 1;
  }
}
