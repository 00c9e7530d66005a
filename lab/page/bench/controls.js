// What several experiments are set up with: fields, sliders, and a way to ask that never falls behind.

import { round } from '../charts.js';
import { el } from '../dom.js';

/** A control with its name above it, and `hint` below. */
export const field = (name, control, hint) => el('label', { class: 'field' }, el('span', {}, name), control,
  hint ? el('small', {}, hint) : null);

/** A choice: `options` are `[value, name]` or `{ group, options }`. */
export function select(options, value, onchange) {
  const one = ([v, name]) => el('option', { value: v }, name);
  const node = el('select', { onchange: () => onchange(node.value) },
    options.map((o) => (Array.isArray(o) ? one(o) : el('optgroup', { label: o.group }, o.options.map(one)))));
  node.value = value;
  return node;
}

/**
 * A slider with its number beside it, to be typed as well. `log`: even steps are even factors. Returned is
 * `{ element, set(value) }`; `oninput(value)` is called while it moves.
 */
export function slider({ name, low, high, value, log = false, whole = false, hint = null, oninput }) {
  const steps = whole && !log ? high - low : 300;
  const from = (v) => Math.round(steps * (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low)));
  const to = (k) => {
    const v = log ? low * (high / low) ** (k / steps) : low + ((high - low) * k) / steps;
    return whole ? Math.round(v) : Number(v.toPrecision(3));
  };
  const range = el('input', { type: 'range', min: 0, max: steps, step: 1, 'aria-label': name });
  const number = el('input', { type: 'text', inputmode: 'decimal', class: 'short', 'aria-label': name, autocomplete: 'off' });
  const show = (v, typed) => {
    range.value = from(Math.min(high, Math.max(low, v)));
    range.setAttribute('aria-valuetext', round(v));
    if (!typed) number.value = String(v);
  };
  range.addEventListener('input', () => {
    const v = to(Number(range.value));
    show(v);
    oninput(v);
  });
  number.addEventListener('change', () => {
    const v = Number(number.value.trim());
    if (number.value.trim() === '' || !Number.isFinite(v)) return show(to(Number(range.value)));
    show(v, true);
    oninput(v);
  });
  show(value);
  const element = el('div', { class: 'field slider' }, el('span', {}, name), el('div', { class: 'slide' }, range, number),
    hint ? el('small', {}, hint) : null);
  return { element, set: (v) => show(v) };
}

/**
 * Buttons that show a smaller or larger part of a map: `set(view)` is given its edges (least and greatest x, then y), around
 * `middle()`, or null for the usual ones; `view()` gives those of now.
 */
export function zooms(words, { view, middle, set }) {
  const to = (factor) => {
    const now = view();
    if (!now || factor === null) return set(null);
    const at = middle?.() ?? [];
    return set(now.map((v, i) => {
      const [low, high] = [now[i - (i % 2)], now[i - (i % 2) + 1]];
      const half = ((high - low) / 2) * factor * (i % 2 ? 1 : -1);
      return Number(((at[i >> 1] ?? (low + high) / 2) + half).toPrecision(6));
    }).join(','));
  };
  const one = (word, mark, factor) => el('button', { type: 'button', 'aria-label': words(word), title: words(word), onclick: () => to(factor) }, mark);
  return el('div', { class: 'group' }, one('nearer', '+', 0.6), one('farther', '−', 1 / 0.6), one('whole', '⌂', null));
}

/** Calls `work` when `wait` milliseconds have passed without another call. */
export function calm(work, wait = 250) {
  let timer = 0;
  const call = () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/**
 * Questions to an experiment whose answer is a function of the question: `ask(question)` gives the answer, or null when a
 * later question has come meanwhile. One is under way at a time.
 */
export function asker(api, name) {
  let session = null;
  let busy = false;
  let waiting = null;
  const one = async (question) => {
    session ??= await api.session(name, {});
    try {
      return await session.ask(question);
    } catch (error) {
      if (error.status !== 404) throw error;
      session = await api.session(name, {});
      return session.ask(question);
    }
  };
  const next = async () => {
    if (busy || !waiting) return;
    const { question, done, failed } = waiting;
    waiting = null;
    busy = true;
    try {
      done(await one(question));
    } catch (error) {
      failed(error);
    } finally {
      busy = false;
      next();
    }
  };
  return (question) => new Promise((done, failed) => {
    waiting?.done(null);
    waiting = { question, done, failed };
    next();
  });
}

/** Where what is wrong with the setup is said, beside it: `tell(error)`, or null when all is well again. */
export function trouble(api) {
  const element = el('p', { class: 'failed', role: 'alert', hidden: true });
  return {
    element,
    tell(error) {
      element.hidden = !error;
      element.textContent = error ? api.t('failed', { why: error.message ?? String(error) }) : '';
    },
  };
}

/** Words around numbers: `{name}` in a pair is filled in. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? '');
