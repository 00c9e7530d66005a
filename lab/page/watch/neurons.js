// A small network as it is: every weight a line, every neuron a circle filled by what it says of an example.
//
// Orange is above 0, blue below; the thicker a line, the larger its weight (of its layer), the fuller a circle, the larger the
// result (of its column). Whatever is pointed at, or reached by the arrow keys, is told in numbers; all of them are in the
// table.

import { unpack } from '../api.js';
import { canvas, chart } from '../charts/frame.js';
import { round } from '../charts/scale.js';
import { el, svg } from '../dom.js';
import { paint } from './pixels.js';

/** Pixels that a pointer may be away from a line. */
const NEAR = 5;

const greatest = (numbers) => numbers.reduce((a, x) => Math.max(a, Math.abs(x)), 0) || 1;

/** What is known of a network at one moment: `weight(k, i, j)`, `bias(k, j)`, `result(k, j, example)`; −1 is the mean of all examples. */
export function numbers(columns, look) {
  const weights = unpack(look.weights);
  const shown = look.results?.map(unpack) ?? [];
  // Inputs that are one block are not told.
  const behind = columns.length - shown.length;
  const result = (k, j, example) => {
    const column = shown[k - behind];
    if (!column) return NaN;
    const { units } = columns[k];
    if (example >= 0) return column[example * units + j];
    let sum = 0;
    for (let e = 0; e < look.examples; e += 1) sum += column[e * units + j];
    return sum / look.examples;
  };
  return {
    result,
    weight: (k, i, j) => weights[columns[k].weights + i * columns[k].units + j],
    bias: (k, j) => (columns[k].bias === null ? NaN : weights[columns[k].bias + j]),
  };
}

/** Every weight and result, a row each. */
function rows(columns, known, example, t) {
  const out = [];
  columns.forEach((column, k) => {
    if (column.block) return;
    for (let j = 0; j < column.units; j += 1) {
      const name = neuron(column, j, t);
      if (Number.isFinite(known.result(k, j, example))) out.push([name, t('result'), '', known.result(k, j, example)]);
      if (Number.isFinite(known.bias(k, j))) out.push([name, t('bias'), '', known.bias(k, j)]);
      if (column.weights === null) continue;
      for (let i = 0; i < columns[k - 1].units; i += 1) out.push([name, t('weight'), neuron(columns[k - 1], i, t), known.weight(k, i, j)]);
    }
  });
  return out;
}

const neuron = (column, j, t) => `${column.name === 'input' ? t('input') : column.name} ${j + 1}`;

/**
 * The drawing in `host`: `update(look)` shows the moment. `drawing` is what the program says is drawn; `thumbnail(sheet, n)` paints the
 * n-th example, if they are pictures.
 */
export function neurons(host, { drawing: { columns, shown }, thumbnail, title, api }) {
  const { t } = api;
  let known = null;
  let example = -1;
  let looked = null;
  let places = [];

  const draw = (own) => {
    const { width } = own;
    const { height } = own.options;
    const radius = (count) => Math.max(3, Math.min(11, (height - 44) / count / 2.6));
    const side = 58;
    places = columns.map((column, k) => {
      const x = side + ((width - 2 * side) * k) / (columns.length - 1);
      const gap = (height - 40) / column.units;
      return column.block ? [] : Array.from({ length: column.units }, (_, j) => ({ x, y: 30 + gap * (j + 0.5), r: radius(column.units) }));
    });
    const label = `${title}. ${t('neurons_keys')}`;
    canvas(own, label, () => [lines(), columns.flatMap((column, k) => circles(column, k, width, height, side))]);
  };

  const lines = () => columns.flatMap((column, k) => {
    if (!known || column.weights === null) return [];
    const all = places[k - 1].flatMap((_, i) => places[k].map((__, j) => known.weight(k, i, j)));
    const most = greatest(all);
    // Where lines are many they are thin.
    const few = Math.min(1, 16 / Math.max(places[k - 1].length, places[k].length));
    return places[k - 1].flatMap((from, i) => places[k].map((to, j) => {
      const w = known.weight(k, i, j);
      const share = Math.abs(w) / most;
      const touched = looked && (looked.i === undefined
        ? (looked.k === k && looked.j === j) || (looked.k === k - 1 && looked.j === i)
        : looked.k === k && looked.i === i && looked.j === j);
      return svg('line', {
        class: `weight ${w < 0 ? 'below' : 'above'}`,
        x1: from.x, y1: from.y, x2: to.x, y2: to.y,
        'stroke-width': (0.3 + 3 * few * share + (touched ? 0.8 : 0)).toFixed(2),
        'stroke-opacity': (looked ? (touched ? 1 : 0.06) : (0.12 + 0.75 * share) * (0.5 + 0.5 * few)).toFixed(2),
      });
    }));
  });

  const circles = (column, k, width, height, side) => {
    const x = side + ((width - 2 * side) * k) / (columns.length - 1);
    const anchor = { x, 'text-anchor': 'middle' };
    const name = column.name === 'input' ? t('input') : column.name;
    const head = svg('text', { ...anchor, y: 12, class: 'chart-label' }, name);
    const what = svg('text', { ...anchor, y: 24, class: 'chart-tick' }, column.function ?? '');
    if (column.block) {
      const tall = Math.min(180, height - 40);
      const middle = 30 + (height - 40) / 2;
      return [head, svg('rect', { class: 'inputs', x: x - 24, y: middle - tall / 2, width: 48, height: tall, rx: 6 }),
        svg('text', { ...anchor, y: middle + 4, class: 'chart-tick' }, column.units.toLocaleString('en'))];
    }
    const results = known ? places[k].map((_, j) => known.result(k, j, example)) : [];
    const most = greatest(results.filter(Number.isFinite));
    return [head, what, places[k].map(({ y, r }, j) => {
      const a = results[j] ?? NaN;
      return [svg('circle', { class: 'ground', cx: x, cy: y, r: r.toFixed(1) }), svg('circle', {
        class: `unit ${a < 0 ? 'below' : 'above'}${looked && looked.i === undefined && looked.k === k && looked.j === j ? ' looked' : ''}`,
        cx: x, cy: y, r: r.toFixed(1), 'fill-opacity': Number.isFinite(a) ? Math.min(1, Math.abs(a) / most).toFixed(2) : 0,
      })];
    })];
  };

  const drawn = chart(host, {
    title,
    name: 'network',
    height: Math.max(220, Math.min(620, 60 + 15 * Math.max(...columns.map((c) => (c.block ? 1 : c.units))))),
    whole: true,
  }, { draw, data: () => ({ head: [t('neuron'), t('number'), t('from_neuron'), t('value')], rows: known ? rows(columns, known, example, t) : [] }) });
  const plot = drawn.element.querySelector('.chart-plot');
  const readout = drawn.element.querySelector('.chart-readout');

  /** What is told of whatever is looked at. */
  const tell = () => {
    if (!looked || !known) {
      readout.textContent = t('neurons_about');
      return;
    }
    const { k, i, j } = looked;
    const to = neuron(columns[k], j, t);
    readout.textContent = i === undefined
      ? [to, `${t('result')} ${round(known.result(k, j, example))}`, columns[k].bias === null ? '' : `${t('bias')} ${round(known.bias(k, j))}`].filter(Boolean).join(' · ')
      : `${neuron(columns[k - 1], i, t)} → ${to} · ${t('weight')} ${round(known.weight(k, i, j))}`;
  };
  const look = (what) => {
    if (JSON.stringify(what) === JSON.stringify(looked)) return;
    looked = what;
    tell();
    drawn.update({});
  };
  /** The neuron or else the line at a place. */
  const find = (px, py) => {
    for (let k = 0; k < columns.length; k += 1) {
      const j = places[k].findIndex(({ x, y, r }) => (x - px) ** 2 + (y - py) ** 2 <= (r + 2) ** 2);
      if (j >= 0) return { k, j };
    }
    let [best, found] = [NEAR, null];
    columns.forEach((column, k) => {
      if (column.weights === null || px < places[k - 1][0].x || px > places[k][0].x) return;
      places[k - 1].forEach((from, i) => places[k].forEach((to, j) => {
        const length = Math.hypot(to.x - from.x, to.y - from.y);
        const far = Math.abs((to.x - from.x) * (from.y - py) - (from.x - px) * (to.y - from.y)) / length;
        if (far < best) [best, found] = [far, { k, i, j }];
      }));
    });
    return found;
  };
  plot.addEventListener('pointermove', (e) => {
    const box = plot.getBoundingClientRect();
    look(find(e.clientX - box.left, e.clientY - box.top));
  });
  plot.addEventListener('pointerleave', () => look(null));
  plot.addEventListener('focusout', (e) => { if (!plot.contains(e.relatedTarget) && e.relatedTarget) look(null); });
  plot.addEventListener('keydown', (e) => {
    const [dk, dj] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key] ?? [0, 0];
    if (!dk && !dj) return;
    e.preventDefault();
    const first = columns[0].block ? 1 : 0;
    const at = looked ?? { k: first - dk, j: -dj };
    const k = Math.max(first, Math.min(columns.length - 1, at.k + dk));
    look({ k, j: Math.max(0, Math.min(columns[k].units - 1, at.j + dj)) });
  });

  const buttons = [];
  const choose = (which) => {
    example = which;
    buttons.forEach((button, n) => button.setAttribute('aria-pressed', String(n - 1 === example)));
    tell();
    drawn.update({});
  };
  const chooser = el('div', { class: 'row examples', role: 'group', 'aria-label': t('neurons_of') });
  /** Offers the mean of the examples, and each of them. */
  const offer = (count) => {
    if (buttons.length || !count) return;
    for (let n = -1; n < count; n += 1) {
      const sheet = n >= 0 && thumbnail && shown ? el('canvas', { 'aria-hidden': 'true' }) : null;
      if (sheet) thumbnail(sheet, shown[n]);
      buttons.push(el('button', {
        type: 'button', 'aria-pressed': String(n === example), onclick: () => choose(n),
        'aria-label': n < 0 ? null : t('example', { n: n + 1 }), title: n < 0 ? null : t('example', { n: n + 1 }),
      }, n < 0 ? t('mean_of', { n: count }) : sheet ?? n + 1));
    }
    chooser.append(...buttons);
  };
  host.prepend(chooser);
  tell();
  return {
    update(next) {
      known = numbers(columns, next);
      offer(next.examples);
      tell();
      drawn.update({});
    },
    destroy: drawn.destroy,
  };
}
