// Descent on functions of one and two variables: optimizers side by side, computed by the program as a whole, played here.

import { colour, lines, round } from '../charts.js';
import { el } from '../dom.js';
import { asker, calm, field, fill, select, slider, trouble, zooms } from './controls.js';
import { map } from './descent-map.js';
import { EXAMPLES, WORDS, said } from './descent-words.js';
import { maths } from './math.js';
import { player } from './player.js';

const DEFAULTS = { f: 'x^2/2 + 5*y^2', optimizers: ['sgd', 'momentum@article', 'adam'], lr: [0.1], steps: 100, seed: 1 };
const MOST = 8;

/** What the address says, as it is used here. */
function read(state) {
  const list = (text) => text.split(';').map((part) => part.trim()).filter(Boolean);
  const rates = state.lr ? list(state.lr).map(Number).filter((x) => Number.isFinite(x) && x >= 0) : [];
  return {
    f: state.f || DEFAULTS.f,
    optimizers: state.optimizers ? list(state.optimizers).slice(0, MOST) : DEFAULTS.optimizers,
    lr: rates.length ? rates : DEFAULTS.lr,
    start: state.start || null,
    view: state.view || null,
    steps: Number(state.steps) || DEFAULTS.steps,
    seed: state.seed ?? String(DEFAULTS.seed),
  };
}

const texts = (own) => ({
  f: own.f, optimizers: own.optimizers.join('; '), lr: own.lr.join(';'), steps: String(own.steps), seed: own.seed, start: own.start, view: own.view,
});

function mount(element, state, api) {
  const words = (key, values) => fill(api.say(WORDS[key]), values ?? {});
  const wrong = trouble(api);
  const ask = asker(api, 'descent');
  const own = read(state);
  let race = null;
  let gone = false;
  let drawnMap = '';

  const formulas = el('div', { class: 'formulas', 'aria-live': 'polite' });
  const askTyped = asker(api, 'descent');
  const racers = el('div', { class: 'racers' });
  const mapPlace = el('div', {});
  const lossPlace = el('div', {});
  const table = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': words('numbers') });
  const seen = map(mapPlace, { words, started: (theta) => change({ start: theta.join(',') }), table: pathTable });
  const loss = lines(lossPlace, { title: words('loss'), name: 'descent-values', height: 240, x: { label: words('step') }, y: {} });
  const play = player(api, { show: showStep, name: (k) => words('table', { k }) });

  const text = el('input', { type: 'text', class: 'formula', spellcheck: 'false', autocomplete: 'off', maxlength: 400, value: own.f });
  text.addEventListener('input', calm(typing, 120));
  text.addEventListener('change', () => choose(text.value));
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter') choose(text.value); });
  const examples = el('span', {});
  const start = el('input', { type: 'text', class: 'short wide', autocomplete: 'off', onchange: () => change({ start: start.value.trim() || null }) });
  const seed = el('input', { type: 'text', inputmode: 'numeric', class: 'short', autocomplete: 'off', value: own.seed, onchange: () => change({ seed: seed.value.trim() || '1' }) });
  const steps = slider({ name: words('steps'), low: 5, high: 2000, value: own.steps, log: true, whole: true, oninput: (v) => change({ steps: v }) });
  const zoom = zooms(words, { view: () => race?.map.view, set: (view) => change({ view }) });
  const hint = el('p', { class: 'hint' });

  element.append(el('div', { class: 'ideas' },
    el('div', { class: 'column' },
      el('section', { class: 'card stage' }, mapPlace, play.element,
        el('div', { class: 'row' }, zoom, hint)),
      el('section', { class: 'card' }, lossPlace)),
    el('div', { class: 'column' },
      el('section', { class: 'card setup' },
        field(words('f'), text), wrong.element, examples, formulas,
        el('div', { class: 'row' }, field(words('start'), start), field(words('seed'), seed)), steps.element,
        el('h2', {}, words('racers')), racers),
      el('section', { class: 'card' }, table))));

  /** The lists of what can be chosen, once. */
  async function offer() {
    try {
      const lists = await api.session('descent', {}).then((session) => session.ask({ lists: '1' }));
      if (gone) return;
      own.lists = lists;
      const named = lists.functions.map((f) => [f.name, f.name]);
      const typed = EXAMPLES.map((f) => [f, f]);
      examples.replaceChildren(field(words('choose'), select([['', '…'],
        { group: words('typed'), options: typed }, { group: words('known'), options: named }], '', (f) => f && choose(f))));
      build();
    } catch (error) {
      wrong.tell(error);
    }
  }

  /** The function while it is typed: what can be read of it is set at once, before it is raced on. */
  async function typing() {
    try {
      const known = await askTyped({ f: text.value.trim(), read: '1' });
      if (!known || gone) return;
      if (known.wrong) formulas.firstChild?.classList.add('stale');
      else about(known);
    } catch (error) {
      if (!gone) wrong.tell(error);
    }
  }

  /** Another function: from its usual start, in its usual view. */
  function choose(f) {
    text.value = f;
    if (f.trim() === own.f) return;
    change({ f: f.trim(), start: null, view: null });
  }

  function change(changes) {
    Object.assign(own, changes);
    refresh();
  }

  /** The rows of optimizers, built anew. */
  function build() {
    const same = own.lr.length === 1;
    const rate = (name, value, set) => slider({ name, low: 1e-4, high: 10, value, log: true, oninput: set });
    const names = (own.lists?.optimizers ?? []).map((o) => o.name);
    const known = el('datalist', { id: `known-${Math.random().toString(36).slice(2)}` }, names.map((n) => el('option', { value: n })));
    const row = (line, i) => {
      const box = el('input', { type: 'text', class: 'line', list: known.id, spellcheck: 'false', autocomplete: 'off', value: line, 'aria-label': words('racer', { n: i + 1 }) });
      box.addEventListener('change', () => change({ optimizers: own.optimizers.map((o, k) => (k === i ? box.value.trim().replaceAll(';', ' ') || o : o)) }));
      const remove = el('button', { type: 'button', class: 'sign', 'aria-label': words('remove', { name: line }), title: words('remove', { name: line }), disabled: own.optimizers.length === 1, onclick: () => {
        const drop = (list) => list.filter((_, k) => k !== i);
        Object.assign(own, { optimizers: drop(own.optimizers), lr: same ? own.lr : drop(own.lr) });
        build();
        refresh();
      } }, '×');
      return el('div', { class: 'racer' },
        el('div', { class: 'row' }, el('span', { class: 'swatch', 'aria-hidden': 'true', style: { background: colour(i) } }), box, remove),
        same ? null : rate(words('rate_of', { name: line }), own.lr[i], (v) => change({ lr: own.lr.map((r, k) => (k === i ? v : r)) })).element,
        el('p', { class: 'verdict' }), el('details', { class: 'rule' }, el('summary', {}, words('rule')), el('div', {})));
    };
    const tick = el('input', { type: 'checkbox', checked: same, onchange: () => {
      own.lr = tick.checked ? [own.lr[0]] : own.optimizers.map((_, k) => own.lr[k] ?? own.lr[0]);
      build();
      refresh();
    } });
    racers.replaceChildren(known,
      same ? rate(words('rate'), own.lr[0], (v) => change({ lr: [v] })).element : '',
      el('label', { class: 'tick' }, tick, words('same')),
      ...own.optimizers.map(row),
      el('button', { type: 'button', disabled: own.optimizers.length >= MOST, onclick: () => {
        const spare = ['sgd', 'momentum@article', 'adam', 'rmsprop', 'nesterov', 'lbfgs', 'cma_es', 'lion'].find((name) => !own.optimizers.includes(name)) ?? 'sgd';
        Object.assign(own, { optimizers: [...own.optimizers, spare], lr: same ? own.lr : [...own.lr, own.lr[own.lr.length - 1]] });
        build();
        refresh();
      } }, `+ ${words('add')}`));
    if (race) verdicts();
  }

  async function refresh() {
    const address = texts(own);
    keep();
    try {
      const answer = await ask(address);
      if (!answer || gone) return;
      wrong.tell(null);
      take(answer);
    } catch (error) {
      if (!gone) wrong.tell(error);
    }
  }
  const keep = calm(() => {
    const now = texts(own);
    const before = { ...texts(read({})), start: null, view: null };
    api.set(Object.fromEntries(Object.entries(now).map(([k, v]) => [k, v === before[k] ? null : v])));
  });

  function take(answer) {
    const fresh = race === null;
    const last = race ? Math.max(...race.runs.map((r) => r.values.length - 1)) : 0;
    const wasAtEnd = fresh || play.at() >= last;
    answer.map.values = api.unpack(answer.map.values);
    race = answer;
    const key = JSON.stringify([race.function.line, race.map.view]);
    const count = Math.max(...race.runs.map((run) => run.values.length - 1));
    seen.draw(race, key !== drawnMap);
    drawnMap = key;
    // Who is typing goes on.
    const isTyping = document.activeElement === text && text.value.trim() !== own.f;
    if (!isTyping) text.value = own.f;
    start.value = race.start.map((v) => Number(v.toPrecision(6))).join(', ');
    hint.textContent = words(race.function.dimension === 1 ? 'drag_line' : 'drag') + (race.cut_short ? ` ${words('cut')}` : '');
    if (!isTyping) about(race.function);
    curves();
    verdicts();
    play.count(count, wasAtEnd ? count : Math.min(play.at(), count));
    if (fresh && !matchMedia('(prefers-reduced-motion: reduce)').matches && count > 0) {
      play.count(count, 0);
      play.play();
    }
  }

  function about({ formula, slopes }) {
    formulas.replaceChildren(maths([formula], words('reads')),
      ...(slopes.length ? [el('p', { class: 'soft' }, words('slope')), maths(slopes, words('slope'))] : [el('p', { class: 'soft' }, words('no_slope'))]));
  }

  /** f less its minimum on a logarithmic axis, where the minimum is known or lies below all that was seen. */
  function curves() {
    const { least } = race.function;
    const all = race.runs.flatMap((run) => run.values).filter((v) => v !== null);
    const log = least !== null || all.every((v) => v > 0);
    const first = race.runs[0].values[0];
    // What has flown away is cut off, so that the others are seen.
    const top = Math.max(1e-3, Math.abs(first - (least ?? 0))) * 1e4;
    const series = race.runs.map((run, i) => ({
      name: run.line.split('@')[0].length < 18 ? short(run.line) : run.line, colour: i,
      x: run.values.map((_, k) => k), y: run.values.map((v) => (v === null ? NaN : Math.min(v - (log ? least ?? 0 : 0), log ? top : first + top))),
    }));
    loss.update({ series, y: { label: least === null ? 'f' : words('above'), log } });
  }

  /** An optimizer as it was typed, or by its name. */
  const short = (line) => {
    const at = race.runs.findIndex((run) => run.line === line);
    return own.optimizers[at] ?? line;
  };

  function verdicts() {
    const places = racers.querySelectorAll('.verdict');
    race.runs.forEach((run, i) => {
      if (!places[i]) return;
      const sentences = said(api, run);
      places[i].className = `verdict is-${run.verdict.what}`;
      places[i].nextElementSibling.lastChild.replaceChildren(maths(run.rule, words('rule_of', { name: run.line })), el('p', { class: 'soft mono' }, run.line));
      places[i].replaceChildren(el('strong', {}, sentences[0]), ...sentences.slice(1).map((s) => el('span', {}, ` ${s}`)));
    });
  }

  function showStep(k) {
    if (!race) return;
    seen.show(k);
    loss.update({ marks: [{ x: k }] });
    const dimension = race.function.dimension;
    const cells = (run, i) => {
      const t = Math.min(k, run.values.length - 1);
      const theta = run.path.slice(t * dimension, (t + 1) * dimension);
      const slope = Math.hypot(...run.slopes.slice(t * dimension, (t + 1) * dimension));
      return el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'swatch', style: { background: colour(i) } }), own.optimizers[i] ?? run.line),
        ...theta.map((v) => el('td', {}, round(v, 4))), el('td', {}, round(run.values[t], 4)), el('td', {}, round(slope, 3)));
    };
    table.replaceChildren(el('table', { class: 'numbers' }, el('caption', {}, words('table', { k })),
      el('thead', {}, el('tr', {}, [words('optimizer'), ...(dimension === 1 ? ['x'] : ['x', 'y']), 'f', words('gradient')].map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, race.runs.map(cells))));
  }

  /** All paths, for the table and the CSV of the map. */
  function pathTable() {
    const dimension = race?.function.dimension ?? 0;
    const variables = dimension === 1 ? ['x'] : ['x', 'y'];
    const count = race ? Math.max(...race.runs.map((run) => run.values.length)) : 0;
    return {
      head: [words('step'), ...(race?.runs ?? []).flatMap((_, i) => [...variables, 'f'].map((v) => `${own.optimizers[i]} ${v}`))],
      rows: Array.from({ length: count }, (_, k) => [k, ...race.runs.flatMap((run) => (k < run.values.length
        ? [...run.path.slice(k * dimension, (k + 1) * dimension), run.values[k]] : [...variables, 'f'].map(() => null)))]),
    };
  }

  build();
  refresh();
  offer();
  return {
    unmount() {
      gone = true;
      play.stop();
      keep.cancel();
      seen.destroy();
      loss.destroy();
    },
  };
}

export default { title: WORDS.title, about: WORDS.about, mount };
