// Heat maps: numbers over two dimensions as colours, with contour lines, points and paths over them.

import { el, svg } from '../dom.js';
import { t } from '../words.js';
import { colour, table } from './colour.js';
import { contour } from './contour.js';
import { axes, canvas, chart, grid } from './frame.js';
import { legend } from './lines.js';
import { extent, labels, round, ticks } from './scale.js';

/** Draws a heat map; `charts.js` says with which options. */
export const heat = (host, options) => chart(host, {
  columns: 0, rows: 0, values: [], span: null, palette: 'sequential', contours: 0, smooth: true, points: [], paths: [],
  aspect: 1, x: {}, y: {}, ...options,
}, { draw, data });

/** Least and greatest colour. A diverging palette has 0 in its middle. */
function spanOf({ span, values, palette }) {
  if (span) return span;
  const [low, high] = extent([values]) ?? [0, 1];
  if (palette !== 'diverging') return low < high ? [low, high] : [low - 0.5, high + 0.5];
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-most, most];
}

function draw(own) {
  const { options } = own;
  const { x, y, title, aspect, columns, rows, values, contours, points, paths, key } = options;
  if (aspect) options.height = Math.round(own.width * aspect) + 30;
  const fixed = { x: { ...x, range: x.range ?? [0, 1] }, y: { ...y, range: y.range ?? [0, 1] } };
  const place = axes(own, fixed, [], [], key === false ? 0 : 34);
  const { sx, sy, left, right, top, bottom } = place;
  own.place = place;
  own.raster = { left, top, width: right - left, height: bottom - top };
  const span = spanOf(options);
  raster(own, span);
  const map = (c, r) => [left + ((c + 0.5) / columns) * (right - left), bottom - ((r + 0.5) / rows) * (bottom - top)];
  const levels = Array.isArray(contours) ? contours : contours > 0 && values.length ? ticks(span[0], span[1], contours) : [];
  const drawing = canvas(own, `${title ?? ''}. ${t('from_to', { a: round(span[0]), b: round(span[1]) })}`, (id) => [
    ...grid(place, fixed, false),
    svg('rect', { class: 'chart-frame', x: left, y: top, width: right - left, height: bottom - top }),
    svg('clipPath', { id }, svg('rect', { x: left, y: top, width: right - left, height: bottom - top })),
    svg('g', { 'clip-path': `url(#${id})` },
      levels.map((level) => svg('path', { class: 'chart-contour', d: contour(values, columns, rows, level, map) })),
      paths.map((p, i) => trail(p, i, sx, sy)),
      points.map((p) => svg('circle', {
        class: p.hollow ? 'chart-point hollow' : 'chart-point',
        [p.hollow ? 'stroke' : 'fill']: colour(p.colour ?? 0),
        cx: sx.at(p.x).toFixed(1), cy: sy.at(p.y).toFixed(1), r: p.r ?? 3.2,
      }, p.label && svg('title', {}, p.label)))),
    key === false ? null : colourKey(options, span, left, right, options.height - 16),
  ]);
  if (options.pick) {
    drawing.classList.add('chart-pick');
    drawing.addEventListener('click', (e) => {
      const box = drawing.getBoundingClientRect();
      const [px, py] = [e.clientX - box.left, e.clientY - box.top];
      if (px >= left && px <= right && py >= top && py <= bottom) options.pick(sx.invert(px), sy.invert(py), e);
    });
  }
  legend(own, paths.map((p, i) => [p.name, colour(p.colour ?? i), p]));
}

function trail(p, i, sx, sy) {
  const places = Array.from(p.x, (v, k) => [sx.at(v), sy.at(p.y[k])]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (!places.length) return null;
  // What has left the map by far is drawn no further: numbers of a path have their limits.
  const d = places.map(([a, b]) => [a, b].map((v) => Math.max(-1e5, Math.min(1e5, v)).toFixed(1)).join(',')).join('L');
  const [ex, ey] = places[places.length - 1];
  return svg('g', {},
    svg('path', { class: 'chart-halo', d: `M${d}` }),
    svg('path', { class: 'chart-line', stroke: colour(p.colour ?? i), 'stroke-dasharray': p.dash ? '5 4' : null, d: `M${d}` }),
    p.end === false ? null : svg('circle', { class: 'chart-point', fill: colour(p.colour ?? i), cx: ex.toFixed(1), cy: ey.toFixed(1), r: 4.5 }));
}

/** The cells, in a canvas under the drawing. */
function raster(own, [low, high]) {
  const { options: { columns, rows, values, palette, smooth }, raster: { left, top, width, height } } = own;
  let sheet = own.plot.querySelector('canvas');
  if (!sheet) {
    sheet = el('canvas', { 'aria-hidden': 'true' });
    own.plot.prepend(sheet);
  }
  Object.assign(sheet.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  sheet.classList.toggle('crisp', !smooth);
  if (!columns || !rows || values.length < columns * rows) return;
  [sheet.width, sheet.height] = [columns, rows];
  const context = sheet.getContext('2d');
  const image = context.createImageData(columns, rows);
  const colours = table(palette);
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) {
      const v = values[r * columns + c];
      const to = 4 * ((rows - 1 - r) * columns + c);
      // What is no number (it diverged) stays clear.
      if (Number.isNaN(v)) continue;
      const from = 3 * Math.round(255 * Math.min(1, Math.max(0, (v - low) / (high - low))));
      image.data[to] = colours[from];
      image.data[to + 1] = colours[from + 1];
      image.data[to + 2] = colours[from + 2];
      image.data[to + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

function colourKey({ palette }, [low, high], left, right, y) {
  const colours = table(palette);
  const steps = 48;
  const wide = Math.min(220, right - left - 90);
  const from = (left + right - wide) / 2;
  const cell = (k) => {
    const at = 3 * Math.round((255 * k) / (steps - 1));
    return svg('rect', {
      x: from + (k * wide) / steps, y, width: wide / steps + 0.5, height: 8,
      fill: `rgb(${colours[at]},${colours[at + 1]},${colours[at + 2]})`,
    });
  };
  const ends = labels([low, high]);
  return svg('g', {}, Array.from({ length: steps }, (_, k) => cell(k)),
    svg('text', { class: 'chart-tick', x: from - 6, y: y + 8, 'text-anchor': 'end' }, ends[0]),
    svg('text', { class: 'chart-tick', x: from + wide + 6, y: y + 8 }, ends[1]));
}

function data({ columns, rows, values, x, y }) {
  const middle = ([a, b], k, n) => a + ((k + 0.5) / n) * (b - a);
  const xs = x.range ?? [0, 1];
  const ys = y.range ?? [0, 1];
  return {
    head: [`${y.label ?? 'y'} \\ ${x.label ?? 'x'}`, ...Array.from({ length: columns }, (_, c) => round(middle(xs, c, columns)))],
    rows: Array.from({ length: rows }, (_, r) => [middle(ys, r, rows), ...Array.from(values.slice(r * columns, (r + 1) * columns))]),
  };
}
