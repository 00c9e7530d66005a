// Play, pause, one step on, one step back, and a slider over all steps: for runs that are computed as a whole.

import { el, svg } from '../dom.js';
import { COMMON } from './common-words.js';

const WORDS = {
  ...COMMON,
  first: { en: 'To the start', zh: '回到开头' },
  on: { en: 'One step on', zh: '前进一步' },
};

const SIGNS = {
  play: 'M5 3l12 7-12 7z',
  pause: 'M5 3h3.6v14H5zM11.4 3H15v14h-3.6z',
  first: 'M4 3h2.4v14H4zM17 3v14L7.5 10z',
  back: 'M14.5 3v14L4 10z',
  on: 'M5.5 3v14L16 10z',
};

/** The sign of a button: `play`, `pause`, `first`, `back` or `on`. */
export const sign = (name) => svg('svg', { viewBox: '0 0 20 20', width: 16, height: 16, 'aria-hidden': 'true' },
  svg('path', { d: SIGNS[name], fill: 'currentColor' }));

/** Steps a second. */
const SPEEDS = [2, 5, 12, 30, 90];

/**
 * `show(k)` draws step k of 0 … count. Returned are `element`, `count(n, at)` for a new run, `play()`, `stop()`, `at()`.
 * `name(k)` is what a step is called.
 */
export function player(api, { show, name = (k) => `${api.say(WORDS.at)} ${k}`, speed = 12 }) {
  let last = 0;
  let at = 0;
  let playing = false;
  let since = 0;
  let pace = speed;
  let frame = 0;
  const button = (word, action) => el('button', { type: 'button', class: 'sign', 'aria-label': api.say(WORDS[word]),
    title: api.say(WORDS[word]), onclick: action }, sign(word));
  const play = button('play', () => (playing ? stop() : start()));
  const range = el('input', { type: 'range', min: 0, max: 0, step: 1, 'aria-label': api.say(WORDS.at) });
  const label = el('output', { class: 'player-label' });
  const speeds = el('select', { 'aria-label': api.say(WORDS.speed), title: api.say(WORDS.speed), onchange: () => {
    pace = Number(speeds.value);
    since = 0;
  } }, SPEEDS.map((s) => el('option', { value: s }, `${s}/s`)));
  speeds.value = speed;
  const element = el('div', { class: 'player' },
    el('div', { class: 'row' },
      button('first', () => { stop(); go(0); }),
      button('back', () => { stop(); go(at - 1); }),
      play,
      button('on', () => { stop(); go(at + 1); }),
      range, label, speeds));

  function go(k) {
    at = Math.max(0, Math.min(last, Math.round(k)));
    range.value = at;
    range.setAttribute('aria-valuetext', name(at));
    label.textContent = name(at);
    show(at);
  }
  function face(word) {
    play.replaceChildren(sign(word));
    play.setAttribute('aria-label', api.say(WORDS[word]));
    play.title = api.say(WORDS[word]);
  }
  function tick(now) {
    if (!playing) return;
    if (!since) since = now;
    const steps = Math.floor(((now - since) * pace) / 1000);
    if (steps > 0) {
      since += (steps * 1000) / pace;
      go(at + steps);
      if (at >= last) return stop();
    }
    frame = requestAnimationFrame(tick);
  }
  function start() {
    if (last === 0) return;
    if (at >= last) go(0);
    playing = true;
    since = 0;
    face('pause');
    frame = requestAnimationFrame(tick);
  }
  function stop() {
    playing = false;
    cancelAnimationFrame(frame);
    face('play');
  }
  range.addEventListener('input', () => { stop(); go(Number(range.value)); });
  return {
    element,
    /** A new run of n steps; at its end, or where it is told to be. */
    count(n, where = n) {
      last = n;
      range.max = n;
      go(where);
    },
    at: () => at,
    playing: () => playing,
    play: start,
    stop,
  };
}
