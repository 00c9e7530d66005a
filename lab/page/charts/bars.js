// Bars: a histogram, or one bar for each name.

import { svg } from '../dom.js';
import { t } from '../words.js';
import { colour } from './colour.js';
import { axes, canvas, chart, grid } from './frame.js';
import { legend } from './lines.js';
import { round } from './scale.js';

/** Draws bars; `charts.js` says with which options. */
export const bars = (host, options) => chart(host, { groups: [], x: {}, y: {}, ...options }, { draw, data, read });

const count = ({ edges, labels }) => Math.max(0, edges ? edges.length - 1 : (labels?.length ?? 0));

function draw(own) {
  const { options } = own;
  const { groups, edges, labels, title, y } = options;
  const n = count(options);
  const x = { ...options.x, range: options.x.range ?? (edges?.length ? [edges[0], edges[n]] : [0, Math.max(1, n)]) };
  const bottomless = y.log ? groups.map((g) => g.values) : [...groups.map((g) => g.values), [0]];
  const place = axes(own, { x, y }, [], bottomless);
  const { sx, sy, left, right, top, bottom } = place;
  own.place = place;
  if (labels) sx.ticks = [];
  const edge = (k) => sx.at(edges ? edges[k] : k);
  const zero = y.log ? bottom : sy.at(0);
  const gap = edges ? 0.5 : Math.min(10, (edge(1) - edge(0)) * 0.15);
  const wide = (k) => (edge(k + 1) - edge(k) - 2 * gap) / groups.length;
  canvas(own, `${title ?? ''}. ${t('chart_keys')}`, () => [
    ...grid(place, { x: options.x, y }),
    groups.map((g, i) => [...g.values].slice(0, n).map((v, k) => (Number.isFinite(v) && sy.at(v) !== zero ? svg('rect', {
      class: 'chart-bar',
      fill: colour(g.colour ?? i),
      x: edge(k) + gap + i * wide(k),
      width: Math.max(0.3, wide(k)),
      y: Math.min(zero, sy.at(v)),
      height: Math.abs(sy.at(v) - zero),
    }) : null))),
    labels && labels.map((name, k) => svg('text', {
      class: 'chart-tick', x: (edge(k) + edge(k + 1)) / 2, y: bottom + 16, 'text-anchor': 'middle',
    }, name)),
    n && groups.length ? null : svg('text', { class: 'chart-nothing', x: (left + right) / 2, y: (top + bottom) / 2, 'text-anchor': 'middle' }, t('chart_empty')),
    svg('line', { class: 'chart-cursor', 'data-cursor': '', x1: 0, x2: 0, y1: top, y2: bottom, style: { display: 'none' } }),
  ]);
  legend(own, groups.map((g, i) => [g.name, colour(g.colour ?? i)]));
}

function read(own, px, step) {
  const { options, place } = own;
  const n = count(options);
  if (!place || !n) return null;
  const { edges, labels, groups } = options;
  if (px === null) {
    own.at = Math.max(0, Math.min(n - 1, (own.at ?? (step > 0 ? -1 : n)) + step));
  } else {
    const v = place.sx.invert(px);
    const found = edges ? edges.findIndex((e, k) => k < n && v >= e && v < edges[k + 1]) : Math.floor(v);
    own.at = Math.max(0, Math.min(n - 1, found));
  }
  const where = labels ? labels[own.at] : `${round(edges[own.at])} … ${round(edges[own.at + 1])}`;
  const middle = edges ? (place.sx.at(edges[own.at]) + place.sx.at(edges[own.at + 1])) / 2 : place.sx.at(own.at + 0.5);
  return { x: middle, text: `${where}: ${groups.map((g) => `${g.name ?? ''} ${round(g.values[own.at])}`.trim()).join(' · ')}` };
}

function data(options) {
  const { edges, labels, groups, x } = options;
  const rows = Array.from({ length: count(options) }, (_, k) => [...(labels ? [labels[k]] : [edges[k], edges[k + 1]]), ...groups.map((g) => g.values[k])]);
  const name = x.label ?? 'x';
  return { head: [...(labels ? [name] : [`${name} ≥`, `${name} <`]), ...groups.map((g) => g.name ?? t('value'))], rows };
}
