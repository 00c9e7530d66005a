// A population over its map: members, those before them by how many children they had, and who descends from whom.

import { colour, heat, round } from '../charts.js';
import { svg } from '../dom.js';
import { levels, shades } from './descent-map.js';

/** Kinds of members, with their colours. */
export const KINDS = { start: 6, elite: 4, crossed: 0, mutated: 3, copy: 2, other: 1 };

/** How far back forebears are shown. */
const GENERATIONS = 9;

/** What a member is, by the account of the strategy. */
export function kind(origin, known) {
  if (!origin || origin.number === null) return 'other';
  if (known.has(origin.number)) return 'elite';
  if (!origin.parents) return 'start';
  if (origin.mutated > 0) return 'mutated';
  return origin.crossed ? 'crossed' : 'copy';
}

/**
 * The map in `host`. `chosen(member)` is called with the place of a member that was clicked, or null.
 * Returned: `draw(run, axes)`, `show(k, member, lines)`, `destroy()`.
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
      const near = places(now[0]).map(([x, y], i) => [Math.hypot(x - px, y - py), i]).sort((a, b) => a[0] - b[0])[0];
      chosen(near && near[0] < 22 ? near[1] : null);
    });
    if (run) show(...now);
  }

  const places = (k) => {
    const frame = run.frames[k];
    return frame.losses.map((_, i) => axes.map((a) => frame.members[i * run.weights + a]))
      .map(([x, y]) => [own.place.sx.at(x), own.place.sy.at(y)].map((v) => Math.max(-1e5, Math.min(1e5, v))));
  };

  function draw(next, [a, b]) {
    run = next;
    axes = [a, b];
    if (run.map) {
      const { view, columns, rows } = run.map;
      const { shown } = shades(run.map);
      chart.update({ columns, rows, values: shown, ...levels(shown), x: { label: 'x', range: view.slice(0, 2) }, y: { label: 'y', range: view.slice(2, 4) } });
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

  /** Generation k; the member chosen in it, with its forebears; whether all lines to parents are drawn. */
  function show(k, member, all) {
    now = [k, member, all];
    if (!own || !run?.frames[k]) return;
    const frame = run.frames[k];
    const here = places(k);
    const before = k > 0 ? run.frames[k - 1] : null;
    const there = before ? places(k - 1) : [];
    const at = new Map((before?.origins ?? []).map((o, i) => [o.number, i]));
    const known = new Set(at.keys());
    const children = new Map();
    const strings = [];
    frame.origins.forEach((origin, i) => {
      if (known.has(origin.number) || !origin.parents) return;
      for (const parent of new Set(origin.parents)) {
        const place = at.get(parent);
        if (place === undefined) continue;
        children.set(place, (children.get(place) ?? 0) + 1);
        if (all || i === member) strings.push([there[place], here[i], i === member]);
      }
    });
    const order = frame.losses.map((v, i) => [v ?? Infinity, i]).sort((a, b) => b[0] - a[0]).map(([, i]) => i);
    const best = order[order.length - 1];
    layer.replaceChildren(
      ...there.map(([x, y], i) => svg('circle', { class: 'before', cx: x.toFixed(1), cy: y.toFixed(1), r: (1.8 + 2.2 * Math.sqrt(children.get(i) ?? 0)).toFixed(1) },
        svg('title', {}, words('children', { n: children.get(i) ?? 0 })))),
      ...strings.map(([[x1, y1], [x2, y2], strong]) => svg('line', { class: strong ? 'descent strong' : 'descent', x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1) })),
      ...forebears(k, member),
      ...order.map((i) => svg('circle', {
        class: i === member ? 'member chosen' : 'member', fill: colour(KINDS[kind(frame.origins[i], known)]), cx: here[i][0].toFixed(1), cy: here[i][1].toFixed(1), r: i === best ? 6.5 : 4.4,
      }, svg('title', {}, `${round(frame.losses[i])}`))));
  }

  /** The lines to a member's parents, to theirs, and so on. */
  function forebears(k, member) {
    if (member === null || !run.frames[k].origins[member]) return [];
    const out = [];
    let wanted = new Set([run.frames[k].origins[member].number]);
    let held = new Map([[run.frames[k].origins[member].number, places(k)[member]]]);
    for (let g = k; g > Math.max(0, k - GENERATIONS) && wanted.size; g -= 1) {
      // What lies further back is fainter.
      const opacity = (0.9 * 0.72 ** (k - g)).toFixed(3);
      const [frame, before] = [run.frames[g], run.frames[g - 1]];
      const at = new Map(before.origins.map((o, i) => [o.number, i]));
      const there = places(g - 1);
      const [next, nextHeld] = [new Set(), new Map()];
      frame.origins.forEach((origin) => {
        if (!wanted.has(origin.number)) return;
        const parents = at.has(origin.number) ? [origin.number] : origin.parents ?? [];
        for (const parent of new Set(parents)) {
          const place = at.get(parent);
          if (place === undefined) continue;
          const [from, to] = [there[place], held.get(origin.number)];
          if (parent !== origin.number) out.push(svg('line', { class: 'forebear', 'stroke-opacity': opacity, x1: from[0].toFixed(1), y1: from[1].toFixed(1), x2: to[0].toFixed(1), y2: to[1].toFixed(1) }));
          next.add(parent);
          nextHeld.set(parent, from);
        }
      });
      [wanted, held] = [next, nextHeld];
    }
    return out;
  }

  return { draw, show, destroy: () => chart.destroy() };
}
