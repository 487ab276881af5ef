// @ts-check
/** Steps that keep something in a page, in every place that a page has, and look for it again. */

/** @typedef {import("./stage.js").Act} Act */

const DATABASE = "stage";
const STORE = "kept";
const COOKIE = "stage-readable";

/** @type {string | null} What this page's script keeps in memory. */
let memory = null;

/** Does one thing in the database of this origin, which all its tabs see at once, as localStorage need not be.
 * @param {"readonly" | "readwrite"} mode @param {(store: IDBObjectStore) => IDBRequest} work @returns {Promise<any>} */
export function inDatabase(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = work(opening.result.transaction(STORE, mode).objectStore(STORE));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        opening.result.close();
        resolve(request.result);
      };
    };
  });
}

/** @type {Act} Keeps a value in localStorage; null takes it away. */
async function put({ key, value }) {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
  return { value: localStorage.getItem(key) };
}

/** @type {Act} */
const get = async ({ key }) => ({ value: localStorage.getItem(key) });

/** @type {Act} Keeps a value everywhere. The cookies that no script may set are set by the server. */
async function keepEverywhere({ value }) {
  memory = value;
  localStorage.setItem(STORE, value);
  sessionStorage.setItem(STORE, value);
  document.cookie = `${COOKIE}=${value}; Path=/; Secure; SameSite=Lax; Max-Age=86400`;
  await inDatabase("readwrite", (store) => store.put(value, STORE));
}

/** @type {Act} Takes it away again. */
async function clearEverywhere() {
  memory = null;
  localStorage.removeItem(STORE);
  sessionStorage.removeItem(STORE);
  document.cookie = `${COOKIE}=; Path=/; Secure; SameSite=Lax; Max-Age=0`;
  await inDatabase("readwrite", (store) => store.delete(STORE));
}

/** @type {Act} What is found here, by a script; the cookies that the report itself carries stand in its record. */
async function lookEverywhere() {
  const readable = document.cookie.split("; ").find((pair) => pair.startsWith(`${COOKIE}=`));
  return {
    "local-storage": localStorage.getItem(STORE),
    "session-storage": sessionStorage.getItem(STORE),
    "indexed-db": await inDatabase("readonly", (store) => store.get(STORE)).catch(() => null) ?? null,
    "memory": memory,
    "readable-cookie": readable?.split("=")[1] ?? null,
    "cookies": document.cookie,
  };
}

/** @type {Act} A token that a closure guards, and a script that patches `fetch` and waits for it to come by. */
async function stealFromClosure({ value }, stage) {
  const guarded = ((token) => ({
    call: (/** @type {string} */ address) => fetch(address, { headers: { Authorization: `Bearer ${token}` } }),
  }))(value);
  const real = window.fetch;
  /** @type {string | null} */
  let stolen = null;
  window.fetch = (input, init) => {
    stolen = new Headers(init?.headers).get("Authorization")?.replace("Bearer ", "") ?? stolen;
    return real(input, init);
  };
  await guarded.call(stage.address(stage.here, "/stage/echo/closure"));
  window.fetch = real;
  return { stolen };
}

/** By these names a plan calls them. @type {Record<string, Act>} */
export const STORAGE = {
  "put": put,
  "get": get,
  "keep-everywhere": keepEverywhere,
  "clear-everywhere": clearEverywhere,
  "look-everywhere": lookEverywhere,
  "steal-from-closure": stealFromClosure,
};
