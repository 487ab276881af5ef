// @ts-check
/** Steps that keep something in a page, and look for it again. */

/** @typedef {import("./stage.js").Act} Act */

/** @type {Act} Keeps a value in localStorage; null takes it away. */
async function put({ key, value }) {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
  return { value: localStorage.getItem(key) };
}

/** @type {Act} */
const get = async ({ key }) => ({ value: localStorage.getItem(key) });

/** By these names a plan calls them. @type {Record<string, Act>} */
export const STORAGE = { "put": put, "get": get };
