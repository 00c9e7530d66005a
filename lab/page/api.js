// What the page asks the program for.

import { wording } from './messages.js';
import { t } from './words.js';

const token = document.querySelector('meta[name=gradus-token]').content;

/** What went wrong, in words for a person; `status` is 0 if the program does not answer. */
export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused(0, t('no_server'));
  }
  const kind = response.headers.get('content-type') ?? '';
  let answer;
  if (kind.startsWith('application/json')) answer = await response.json();
  else if (kind.startsWith('application/octet-stream')) answer = new Uint8Array(await response.arrayBuffer());
  else answer = await response.text();
  if (!response.ok) throw new Refused(response.status, wording(answer.error) || String(answer || response.status));
  return answer;
}

/** GET of JSON, or of bytes. */
export const get = (path) => request(path, {});

/** POST of JSON, with the token. */
export const post = (path, body) => request(path, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-gradus-token': token },
  body: JSON.stringify(body ?? {}),
});

/** The numbers of a packed text (little-endian 32-bit floats in base64). */
export const unpack = (text) => new Float32Array(unpackBytes(text).buffer);

/** The bytes of a packed text. */
export function unpackBytes(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/**
 * Opens an experiment with a state (an object of texts, as in the address).
 * `ask(question)` waits for the answer. One question is under way at a time: ask for the next frame when the last is drawn.
 * If the program has forgotten the session, `ask` throws a `Refused` of status 404: open it again.
 */
export async function session(name, state) {
  const texts = Object.fromEntries(Object.entries(state).map(([key, value]) => [key, String(value)]));
  const { session: number } = await post(`api/bench/${name}`, { state: texts });
  return { ask: (question) => post(`api/bench/${name}/${number}`, question) };
}

/**
 * Listens to server-sent events: `on(data)` for each, `state(open)` when the connection opens or breaks.
 * Returns a function that ends it.
 */
export function listen(path, on, state = () => {}) {
  const source = new EventSource(path);
  source.onmessage = (event) => on(JSON.parse(event.data));
  source.onopen = () => state(true);
  source.onerror = () => state(false);
  return () => source.close();
}
