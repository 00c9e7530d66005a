// A small picture of each kind of data: about what the program draws.

import { svg } from '../../dom.js';
import { colour } from '../../charts.js';

/** A few places with a colour, from −1 to 1. */
const DOTS = {
  circle: () => [...ring(5, 0.35, 1), ...ring(11, 0.85, 0), [0, 0, 1]],
  xor: () => [-0.7, -0.3, 0.3, 0.7].flatMap((x) => [-0.7, -0.3, 0.3, 0.7].map((y) => [x, y, x * y > 0 ? 0 : 1])),
  moons: () => spread(7, (t) => [0.62 * Math.cos(Math.PI * t) - 0.3, 0.75 * Math.sin(Math.PI * t) - 0.2, 0])
    .concat(spread(7, (t) => [0.3 - 0.62 * Math.cos(Math.PI * t), 0.2 - 0.75 * Math.sin(Math.PI * t), 1])),
  spiral: () => [0, 1].flatMap((k) => arm(10, k / 2, 1.25, k)),
  gaussians: () => [...ring(6, 0.28, 0), [0, 0, 0]].map(([x, y, c]) => [x - 0.45, y - 0.45, c])
    .concat([...ring(6, 0.28, 1), [0, 0, 1]].map(([x, y, c]) => [x + 0.45, y + 0.45, c])),
  pinwheel: () => [0, 1, 2].flatMap((k) => arm(7, k / 3, 0.55, k)),
  own: () => [[-0.5, 0.3, 0], [0.4, -0.5, 1], [0.1, 0.45, 1]],
};
const VALUES = { plane: (x, y) => (x + y) / 2, saddle: (x, y) => x * x - y * y };

const spread = (n, at) => Array.from({ length: n }, (_, i) => at(i / (n - 1)));
const ring = (n, r, c) => Array.from({ length: n }, (_, i) => [r * Math.cos((2 * Math.PI * i) / n), r * Math.sin((2 * Math.PI * i) / n), c]);
const arm = (n, from, turns, c) => Array.from({ length: n }, (_, i) => {
  const t = 0.15 + (0.85 * i) / (n - 1);
  const a = 2 * Math.PI * (from + turns * t);
  return [t * Math.cos(a) * 0.95, t * Math.sin(a) * 0.95, c];
});

/** The picture of data of that name. */
export function icon(name) {
  const at = (v) => (18 + 15 * v).toFixed(1);
  const value = VALUES[name];
  const grid = [-0.8, -0.4, 0, 0.4, 0.8];
  const marks = value
    ? grid.flatMap((x) => grid.map((y) => svg('rect', {
      x: at(x - 0.2), y: at(-y - 0.2), width: 6, height: 6, fill: colour(value(x, y) > 0 ? 1 : 0), opacity: (0.12 + 0.88 * Math.abs(value(x, y))).toFixed(2),
    })))
    : DOTS[name]().map(([x, y, c]) => svg('circle', { cx: at(x), cy: at(-y), r: 2.2, fill: colour(c) }));
  if (name === 'own') marks.push(svg('path', { d: 'M25 25h8M29 21v8', stroke: 'currentColor', 'stroke-width': 1.8, fill: 'none' }));
  return svg('svg', { viewBox: '0 0 36 36', width: 36, height: 36, 'aria-hidden': 'true' }, marks);
}
