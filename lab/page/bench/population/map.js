// A population over its map: what it was made from underneath, its members above.

import { colour, heat, round } from '../../charts.js';
import { svg } from '../../dom.js';
import { levels, shades } from '../descent-map.js';
import { at } from './marks.js';
import { KINDS, way } from './ways.js';

/**
 * The map in `host`. `chosen(member)` is called with the place of a member that was clicked, or null.
 * Returned: `draw(run, axes)`, `show(k, member, all)`, `view(k, member, all)`, `destroy()`.
 */
export function populationMap(host, { words, chosen, table }) {
  const layer = svg('g', {});
  const clip = `clip-${Math.random().toString(36).slice(2)}`;
  const chart = heat(host, { title: words('map'), name: 'population', drawn: attach, table, key: false, aspect: 0.9 });
  let own = null;
  let run = null;
  let axes = [0, 1];
  let now = [0, null, true];

  function attach(of) {
    own = of;
    const { left, right, top, bottom } = own.place;
    const drawing = own.plot.querySelector('svg');
    drawing.append(svg('clipPath', { id: clip }, svg('rect', { x: left, y: top, width: right - left, height: bottom - top })),
      svg('g', { 'clip-path': `url(#${clip})` }, layer));
    drawing.addEventListener('click', (event) => {
      const box = drawing.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      const here = view(...now);
      // Of those that lie upon each other, the last: members judged again come first.
      const near = here.frame.losses.map((_, i) => [Math.round(Math.hypot(...at(here, here.frame.members, i).map((v, c) => v - [px, py][c]))), i])
        .sort((a, b) => a[0] - b[0] || b[1] - a[1])[0];
      chosen(near && near[0] < 22 ? near[1] : null);
    });
    if (run) show(...now);
  }

  /** Generation k as the ways of making it see it. */
  const view = (k, member, all) => ({
    k, member, all, axes, words, weights: run.weights, frames: run.frames, frame: run.frames[k], before: run.frames[k - 1] ?? null,
    next: run.frames[k + 1] ?? null,
    pixel: ([x, y]) => (own ? [own.place.sx.at(x), own.place.sy.at(y)].map((v) => Math.max(-1e5, Math.min(1e5, v))) : [0, 0]),
  });

  function draw(next, [a, b]) {
    run = next;
    axes = [a, b];
    if (run.map) {
      const { view: whole, columns, rows } = run.map;
      const { shown } = shades(run.map);
      chart.update({ columns, rows, values: shown, ...levels(shown, 2.4), x: { label: 'x', range: whole.slice(0, 2) }, y: { label: 'y', range: whole.slice(2, 4) } });
      return;
    }
    const range = (axis) => {
      const all = run.frames.flatMap((f) => f.losses.map((_, i) => f.members[i * run.weights + axis])).sort((p, q) => p - q);
      const [low, high] = [all[Math.floor(all.length * 0.005)], all[Math.ceil(all.length * 0.995) - 1]];
      const room = 0.08 * (high - low) || 1;
      return [low - room, high + room];
    };
    const names = run.network.names;
    chart.update({ columns: 0, rows: 0, values: [], contours: [], x: { label: names[a], range: range(a) }, y: { label: names[b], range: range(b) } });
  }

  /** Generation k; the member chosen in it; whether what belongs to all of them is drawn. */
  function show(k, member, all) {
    now = [k, member, all];
    if (!own || !run?.frames[k]) return;
    const here = view(k, member, all);
    const { frame } = here;
    const made = way(frame);
    const order = frame.losses.map((v, i) => [v ?? Infinity, i]).sort((a, b) => b[0] - a[0]).map(([, i]) => i);
    const best = order[order.length - 1];
    const dot = (i) => {
      const [x, y] = at(here, frame.members, i);
      const name = made.kind(here, i);
      return svg('circle', { class: `member is-${name}${i === member ? ' chosen' : ''}${i === best ? ' best' : ''}`, fill: colour(KINDS[name]),
        cx: x.toFixed(1), cy: y.toFixed(1), r: (made.size?.(here, i) ?? (i === best ? 6.5 : 4.4)).toFixed(1) }, svg('title', {}, `${i + 1}: f = ${round(frame.losses[i])}`));
    };
    layer.replaceChildren(...made.draw(here).flat(), ...order.map(dot));
  }

  return { draw, show, view, destroy: () => chart.destroy() };
}
