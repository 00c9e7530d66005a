// What a population is drawn with. `view` is a generation as a way of making it draws it: the frame with those before and
// after it, and where things are in the picture.

import { svg } from '../../dom.js';

const px = (v) => v.toFixed(1);

/** Where member `i` of many numbers is, in pixels. */
export const at = (view, numbers, i) => view.pixel(view.axes.map((a) => numbers[i * view.weights + a]));

/** The same of a place to which several steps lead from there. */
export const beyond = (view, numbers, i, ...steps) => view.pixel(view.axes.map((a) => steps.reduce(
  (sum, step) => sum + step[i * view.weights + a], numbers[i * view.weights + a])));

export const line = ([x1, y1], [x2, y2], name, more = {}) => svg('line', { class: name, x1: px(x1), y1: px(y1), x2: px(x2), y2: px(y2), ...more });

/** A line with a head, if it is long enough for one. */
export function arrow([x1, y1], [x2, y2], name, more = {}) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const long = Math.hypot(dx, dy);
  if (long < 3) return [line([x1, y1], [x2, y2], name, more)];
  const head = Math.min(8, 0.6 * long);
  const [ux, uy] = [(dx / long) * head, (dy / long) * head];
  return [line([x1, y1], [x2, y2], name, more), svg('path', { class: `${name} head`, ...more,
    d: `M${px(x2 - ux - uy / 2)},${px(y2 - uy + ux / 2)}L${px(x2)},${px(y2)}L${px(x2 - ux + uy / 2)},${px(y2 - uy - ux / 2)}` })];
}

export const ring = ([x, y], r, name, title) => svg('circle', { class: name, cx: px(x), cy: px(y), r: px(r) }, title ? svg('title', {}, title) : null);

/** A small cross. */
export const cross = ([x, y], r, name) => svg('path', { class: name, d: `M${px(x - r)},${px(y)}h${2 * r}M${px(x)},${px(y - r)}v${2 * r}` });

export const star = ([x, y], r, name) => svg('path', { class: name, d: `M${Array.from({ length: 10 }, (_, i) => {
  const [turn, long] = [(Math.PI * i) / 5 - Math.PI / 2, i % 2 ? r * 0.45 : r];
  return `${px(x + long * Math.cos(turn))},${px(y + long * Math.sin(turn))}`;
}).join('L')}Z` });

/** The ellipse of all places `reach` deviations from the mean, C being the covariance of the two weights shown. */
export function ellipse(view, mean, covariance, reach, name) {
  const n = view.weights;
  const entry = (i, j) => (covariance.length === n ? (i === j ? covariance[i] : 0) : covariance[i * n + j]);
  const [a, b] = view.axes;
  // C = L Lᵀ takes the circle to the ellipse.
  const l11 = Math.sqrt(Math.max(0, entry(a, a)));
  const l21 = l11 > 0 ? entry(b, a) / l11 : 0;
  const l22 = Math.sqrt(Math.max(0, entry(b, b) - l21 * l21));
  const points = Array.from({ length: 72 }, (_, i) => {
    const [c, s] = [reach * Math.cos((Math.PI * i) / 36), reach * Math.sin((Math.PI * i) / 36)];
    return view.pixel([mean[a] + l11 * c, mean[b] + l21 * c + l22 * s]).map(px).join(',');
  });
  return svg('path', { class: name, d: `M${points.join('L')}Z` });
}
