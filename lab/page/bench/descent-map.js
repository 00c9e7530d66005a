// The map of a function and the paths over it: heights and contours drawn once, what moves in a layer of its own.

import { colour, heat, lines, round } from '../charts.js';
import { svg } from '../dom.js';

/** Levels of contour lines, evenly over the colours. */
const LEVELS = 11;

/**
 * Heights as colours show them. Where the least lies inside, it is the logarithm of the height above it, so that valleys
 * within valleys are seen; where the function falls beyond the map, how many cells are lower.
 */
export function shades({ values, columns, rows }) {
  const there = Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
  if (!there.length || there[0] === there[there.length - 1]) return { shown: Array.from(values, () => 0), to: () => 0 };
  const least = there[0];
  const at = values.indexOf(least);
  const [c, r] = [at % columns, Math.floor(at / columns)];
  const inside = c > 1 && r > 1 && c < columns - 2 && r < rows - 2;
  const middle = there[Math.floor(there.length / 2)] - least || there[there.length - 1] - least;
  const to = inside
    ? (v) => Math.log1p((v - least) / (0.06 * middle))
    : (v) => {
      let [low, high] = [0, there.length];
      while (low < high) {
        const half = (low + high) >> 1;
        if (there[half] < v) low = half + 1;
        else high = half;
      }
      return low / there.length;
    };
  return { shown: Array.from(values, (v) => (Number.isFinite(v) ? to(v) : NaN)), to };
}

/** The colours' least and greatest, and the contour lines between. The darkest colours stay free, the more so the greater `room` is: what lies over them is seen everywhere. */
export function levels(shown, room = 1.3) {
  const there = shown.filter(Number.isFinite).sort((a, b) => a - b);
  const span = [there[0] ?? 0, there[there.length - 1] ?? 1];
  if (!(span[1] > span[0])) span[1] = span[0] + 1;
  const far = span[0] + room * (span[1] - span[0]);
  const contours = Array.from({ length: LEVELS }, (_, k) => span[0] + ((k + 0.7) / LEVELS) * (span[1] - span[0]));
  return { span: [span[0], far], contours };
}

/**
 * The map in `host`. `words(key)`, `started(start)` is called while the start is dragged, `table()` gives its data.
 * Returned: `draw(race, changed)`, `show(k)`, `destroy()`.
 */
export function map(host, { words, started, table }) {
  let chart = null;
  let own = null;
  let race = null;
  let shaded = null;
  let at = 0;
  /** Where the start was last moved to: the answer to that may not have come yet. */
  let moved = null;
  const clip = `clip-${Math.random().toString(36).slice(2)}`;
  const layer = svg('g', {});
  const handle = svg('circle', { class: 'start-handle', r: 8, tabindex: 0, role: 'slider', 'aria-valuemin': -1e6, 'aria-valuemax': 1e6 });
  const kind = () => race.function.dimension;

  /** Where θ is in pixels. */
  const pixel = (theta, value) => [own.place.sx.at(theta[0]), own.place.sy.at(kind() === 2 ? theta[1] : value)]
    .map((v) => (Number.isFinite(v) ? Math.max(-1e5, Math.min(1e5, v)) : NaN));

  function attach(of) {
    own = of;
    const { left, right, top, bottom } = own.place;
    const drawing = own.plot.querySelector('svg');
    drawing.removeAttribute('tabindex');
    drawing.setAttribute('role', 'group');
    drawing.append(svg('clipPath', { id: clip }, svg('rect', { x: left, y: top - (kind() === 1 ? 6 : 0), width: right - left, height: bottom - top + (kind() === 1 ? 6 : 0) })),
      svg('g', { 'clip-path': `url(#${clip})` }, layer), handle);
    drawing.classList.add('chart-pick', 'descent-map');
    drawing.addEventListener('pointerdown', (event) => {
      const theta = place(event);
      if (!theta) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      drawing.setPointerCapture(event.pointerId);
      go(theta);
      const move = (e) => {
        const next = place(e);
        if (next) go(next);
      };
      drawing.addEventListener('pointermove', move);
      drawing.addEventListener('pointerup', () => drawing.removeEventListener('pointermove', move), { once: true });
    });
    drawing.addEventListener('pointermove', tell);
    drawing.addEventListener('pointerleave', () => { own.readout.textContent = ''; });
    show(at);
  }

  function go(theta) {
    moved = theta;
    started(theta);
  }

  /** θ under the pointer, to three digits of the map. */
  function place(event) {
    const box = own.plot.querySelector('svg').getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const { left, right, top, bottom, sx, sy } = own.place;
    if (px < left || px > right || py < top || py > bottom) return null;
    return (kind() === 2 ? [sx.invert(px), sy.invert(py)] : [sx.invert(px)]).map((v, i) => rounded(v, i));
  }
  const rounded = (v, i) => {
    const [low, high] = race.map.view.slice(2 * i, 2 * i + 2);
    const digits = Math.max(0, 3 - Math.floor(Math.log10(high - low)));
    return Number(v.toFixed(Math.min(12, digits)));
  };

  function tell(event) {
    const theta = place(event);
    if (!theta) return;
    const { view, columns, rows, values } = race.map;
    const cell = (v, low, high, n) => Math.max(0, Math.min(n - 1, Math.floor(((v - low) / (high - low)) * n)));
    const c = cell(theta[0], view[0], view[1], columns);
    const r = kind() === 2 ? cell(theta[1], view[2], view[3], rows) : 0;
    own.readout.textContent = words('here', { at: theta.map((v) => round(v)).join(', '), f: round(values[r * columns + c], 3) });
  }

  handle.addEventListener('keydown', (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const far = event.shiftKey ? 0.1 : 0.01;
    go((moved ?? race.start).map((v, i) => rounded(v + way[i] * far * (race.map.view[2 * i + 1] - race.map.view[2 * i]), i)));
  });

  function draw(next, changed) {
    race = next;
    if (moved?.join() === race.start.join() || changed) moved = null;
    if (!changed && chart) return show(at);
    const { view, columns, rows, values } = race.map;
    const wanted = kind() === 2 ? 'heat' : 'lines';
    if (chart?.wanted !== wanted) {
      chart?.destroy();
      chart = (wanted === 'heat' ? heat : lines)(host, { title: words('map'), name: 'descent', drawn: attach, table, key: false });
      chart.wanted = wanted;
    }
    if (wanted === 'heat') {
      shaded = shades(race.map);
      chart.update({
        columns, rows, values: shaded.shown, ...levels(shaded.shown), aspect: 0.86,
        x: { label: 'x', range: view.slice(0, 2) }, y: { label: 'y', range: view.slice(2, 4) },
      });
    } else {
      const x = Array.from({ length: columns }, (_, k) => view[0] + ((view[1] - view[0]) * k) / (columns - 1));
      chart.update({
        series: [{ name: 'f(x)', x, y: values, colour: 6 }], height: 420, x: { label: 'x', range: view.slice(0, 2) }, y: { label: 'f(x)', range: upTo(values) },
      });
    }
  }

  /** From the least to what most of the curve and the start need: steep ends would flatten all between. */
  function upTo(values) {
    const there = Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
    if (!there.length) return null;
    const low = there[0];
    const most = Math.max(there[Math.floor(0.8 * (there.length - 1))], race.runs[0].values[0] ?? low);
    const high = Math.min(there[there.length - 1], most) - low || 1;
    return [low - 0.08 * high, low + 1.08 * high];
  }

  /** All runs as far as step k. */
  function show(k) {
    at = k;
    if (!own || !race) return;
    layer.replaceChildren(
      ...race.function.minima.filter((m) => m.length === kind()).map((m) => star(pixel(m, race.function.least))),
      ...race.runs.flatMap((run, i) => trail(run, i, k)),
      ...race.runs.map((run, i) => ball(run, i, k)));
    const [x, y] = pixel(race.start, race.runs[0].values[0]);
    handle.setAttribute('cx', x);
    handle.setAttribute('cy', y);
    handle.setAttribute('aria-label', words('start'));
    handle.setAttribute('aria-valuenow', race.start[0]);
    handle.setAttribute('aria-valuetext', race.start.map((v) => round(v)).join(', '));
  }

  const theta = (run, k) => run.path.slice(k * kind(), (k + 1) * kind());
  const points = (run, k) => {
    const out = [];
    for (let t = 0; t <= Math.min(k, run.values.length - 1); t += 1) {
      const p = pixel(theta(run, t), run.values[t]);
      if (p.every(Number.isFinite)) out.push(p);
    }
    return out;
  };

  function trail(run, i, k) {
    const all = points(run, k);
    if (!all.length) return [];
    const d = `M${all.map((p) => p.map((v) => v.toFixed(1)).join(',')).join('L')}`;
    const dots = all.length <= 80 ? all.slice(0, -1).map(([x, y]) => svg('circle', { class: 'step-dot', fill: colour(i), cx: x.toFixed(1), cy: y.toFixed(1), r: 2.1 })) : [];
    return [svg('path', { class: 'chart-halo', d }), svg('path', { class: 'chart-line', stroke: colour(i), d }), ...dots, tangent(run, i, k)].filter(Boolean);
  }

  /** On a curve: the slope that the next step follows. */
  function tangent(run, i, k) {
    if (kind() !== 1 || k >= run.values.length) return null;
    const [x, f, slope] = [run.path[k], run.values[k], run.slopes[k]];
    if (![x, f, slope].every(Number.isFinite)) return null;
    const { sx, sy } = own.place;
    const far = (sx.high - sx.low) * 0.07;
    const [dx, dy] = [sx.at(x + far) - sx.at(x), sy.at(f + far * slope) - sy.at(f)];
    const size = 46 / Math.hypot(dx, dy);
    const [cx, cy] = [sx.at(x), sy.at(f)];
    return svg('line', { class: 'tangent', stroke: colour(i), x1: cx - dx * size, y1: cy - dy * size, x2: cx + dx * size, y2: cy + dy * size });
  }

  function ball(run, i, k) {
    const all = points(run, k);
    const last = all[all.length - 1];
    return last ? svg('circle', { class: 'chart-point', fill: colour(i), cx: last[0].toFixed(1), cy: last[1].toFixed(1), r: 6 }, svg('title', {}, run.line)) : svg('g', {});
  }

  function star([x, y]) {
    const corner = (k) => {
      const [angle, size] = [(k * Math.PI) / 5 - Math.PI / 2, k % 2 ? 3.2 : 7.5];
      return `${(x + size * Math.cos(angle)).toFixed(1)},${(y + size * Math.sin(angle)).toFixed(1)}`;
    };
    return svg('polygon', { class: 'minimum', points: Array.from({ length: 10 }, (_, k) => corner(k)).join(' ') }, svg('title', {}, words('minimum')));
  }

  return { draw, show, destroy: () => chart?.destroy() };
}
