// Curves over a common axis.

import { el, svg } from '../dom.js';
import { t } from '../words.js';
import { colour } from './colour.js';
import { axes, canvas, chart, grid } from './frame.js';
import { round } from './scale.js';

/** Draws lines; `charts.js` says with which options. */
export const lines = (host, options) => chart(host, { series: [], marks: [], x: {}, y: {}, ...options }, { draw, data, read });

const named = (series, i) => series.name ?? `${t('value')} ${i + 1}`;
const paint = (series, i) => colour(series.colour ?? i);

function draw(own) {
  const { options } = own;
  const { series, marks = [], x, y, title } = options;
  const shown = series.filter((s) => s.x?.length);
  const place = axes(own, options, [...shown.map((s) => s.x)], shown.flatMap((s) => [s.y, s.low, s.high]));
  own.place = place;
  const { sx, sy, top, bottom, left, right } = place;
  const label = `${title ?? ''}. ${shown.map((s, i) => `${named(s, i)}: ${ends(s)}`).join('; ')}. ${t('chart_keys')}`;
  canvas(own, label, (id) => [
    ...grid(place, options),
    svg('clipPath', { id }, svg('rect', { x: left, y: top - 4, width: Math.max(0, right - left + 2), height: bottom - top + 8 })),
    svg('g', { 'clip-path': `url(#${id})` },
      marks.filter((m) => m.x >= sx.low && m.x <= sx.high).map((m) => svg('g', { class: 'chart-mark' },
        svg('line', { x1: sx.at(m.x), x2: sx.at(m.x), y1: top, y2: bottom }),
        m.label && markLabel(m, sx.at(m.x), top + 9, right))),
      series.map((s, i) => (s.x?.length ? one(s, i, sx, sy) : null))),
    shown.length ? null : svg('text', { class: 'chart-nothing', x: (left + right) / 2, y: (top + bottom) / 2, 'text-anchor': 'middle' }, t('chart_empty')),
    svg('line', { class: 'chart-cursor', 'data-cursor': '', x1: 0, x2: 0, y1: top, y2: bottom, style: { display: 'none' } }),
  ]);
  legend(own, series.map((s, i) => [named(s, i), paint(s, i), s]));
}

/** The label of a mark, on the side where there is room. */
const markLabel = ({ label }, x, y, right) => (right - x < 8 * label.length
  ? svg('text', { x: x - 3, y, 'text-anchor': 'end' }, label)
  : svg('text', { x: x + 3, y }, label));

const ends = (s) => t('from_to', { a: round(s.y[0]), b: round(s.y[s.y.length - 1]) });

function one(s, i, sx, sy) {
  const out = [];
  if (s.low && s.high) {
    const there = [...s.x.keys()].filter((k) => Number.isFinite(s.low[k]) && Number.isFinite(s.high[k]));
    const edge = (ks, v) => ks.map((k) => `${sx.at(s.x[k]).toFixed(1)},${sy.at(v[k]).toFixed(1)}`).join('L');
    if (there.length) {
      out.push(svg('path', { class: 'chart-band', fill: paint(s, i), d: `M${edge(there, s.high)}L${edge(there.reverse(), s.low)}Z` }));
    }
  }
  out.push(svg('path', {
    class: s.faint ? 'chart-line faint' : 'chart-line',
    stroke: paint(s, i),
    'stroke-dasharray': s.dash ? '5 4' : null,
    'stroke-width': s.width ?? null,
    d: path(s, sx, sy),
  }));
  if (s.dots || s.x.length === 1) {
    for (let k = 0; k < s.x.length; k += 1) {
      const [px, py] = [sx.at(s.x[k]), sy.at(s.y[k])];
      if (Number.isFinite(py)) out.push(svg('circle', { fill: paint(s, i), cx: px.toFixed(1), cy: py.toFixed(1), r: 2.6 }));
    }
  }
  return svg('g', {}, out);
}

/** The path of a line. Where points are closer than a pixel, only the extremes of each pixel column are drawn. */
function path({ x, y }, sx, sy) {
  let d = '';
  let pen = 'M';
  const put = (px, py) => {
    d += `${pen}${px.toFixed(1)},${py.toFixed(1)}`;
    pen = 'L';
  };
  let k = 0;
  while (k < x.length) {
    const px = sx.at(x[k]);
    const py = sy.at(y[k]);
    if (!Number.isFinite(py) || !Number.isFinite(px)) {
      pen = 'M';
      k += 1;
      continue;
    }
    let last = k;
    let [low, high] = [py, py];
    while (last + 1 < x.length && sx.at(x[last + 1]) - px < 0.75 && Number.isFinite(sy.at(y[last + 1]))) {
      last += 1;
      const p = sy.at(y[last]);
      if (p < low) low = p;
      if (p > high) high = p;
    }
    put(px, py);
    if (last > k + 1) {
      put(px, low);
      put(px, high);
    }
    if (last > k) put(sx.at(x[last]), sy.at(y[last]));
    k = last + 1;
  }
  return d;
}

/** The names of what is drawn, under the chart; none for a single line. */
export function legend(own, entries) {
  own.legend?.remove();
  own.legend = null;
  const shown = entries.filter(([name, , s]) => name && !s?.faint);
  if (shown.length < 2) return;
  own.legend = el('ul', { class: 'chart-legend' }, shown.map(([name, paint, s]) => el('li', {},
    svg('svg', { width: 18, height: 10, 'aria-hidden': 'true' },
      svg('line', { x1: 1, x2: 17, y1: 5, y2: 5, stroke: paint, 'stroke-width': 2.5, 'stroke-dasharray': s?.dash ? '5 3' : null })),
    name)));
  own.figure.insertBefore(own.legend, own.readout);
}

/** The values at a place: the nearest point of each line. */
function read(own, px, step) {
  const { options: { series, x }, place } = own;
  const shown = series.filter((s) => s.x?.length);
  if (!place || !shown.length) return null;
  const longest = shown.reduce((a, b) => (b.x.length > a.x.length ? b : a));
  if (px === null) {
    const count = longest.x.length;
    own.at = Math.max(0, Math.min(count - 1, (own.at ?? (step > 0 ? -1 : count)) + step));
  } else {
    own.at = nearest(longest.x, place.sx.invert(px));
  }
  const here = longest.x[own.at];
  const values = shown.filter((s) => !s.faint || shown.length === 1).map((s, i) => `${named(s, i)} ${round(s.y[nearest(s.x, here)])}`);
  return { x: place.sx.at(here), text: `${x.label ?? 'x'} ${round(here)}: ${values.join(' · ')}` };
}

/** The index of the value nearest to `v` in an ascending array. */
function nearest(array, v) {
  let [low, high] = [0, array.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (array[middle] < v) low = middle;
    else high = middle;
  }
  return Math.abs(array[low] - v) <= Math.abs(array[high] - v) ? low : high;
}

function data({ series, x }) {
  const shown = series.filter((s) => s.x?.length);
  const all = [...new Set(shown.flatMap((s) => [...s.x]))].sort((a, b) => a - b);
  const maps = shown.map((s) => new Map([...s.x].map((v, k) => [v, s.y[k]])));
  return {
    head: [x.label ?? 'x', ...shown.map((s, i) => (s.faint ? `${named(s, i)} (raw)` : named(s, i)))],
    rows: all.map((v) => [v, ...maps.map((m) => m.get(v))]),
  };
}
