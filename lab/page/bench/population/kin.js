// Parents and children: the genetic algorithm's own account (`Origin`).

import { at, line, ring } from './marks.js';

/** How far back forebears are shown. */
const GENERATIONS = 9;

const numbers = (frame) => new Map((frame?.origins ?? []).map((o, i) => [o.number, i]));

export function kind(view, i) {
  const origin = view.frame.origins[i];
  if (view.before && numbers(view.before).has(origin.number)) return 'elite';
  if (!origin.parents) return 'start';
  if (origin.mutated > 0) return 'mutated';
  return origin.crossed ? 'crossed' : 'copy';
}

/** Which members before are whose parents: `[place of the parent, place of the child]`. */
function descents(view) {
  const known = numbers(view.before);
  return view.frame.origins.flatMap((origin, i) => {
    if (known.has(origin.number) || !origin.parents) return [];
    return [...new Set(origin.parents)].map((parent) => [known.get(parent), i]).filter(([parent]) => parent !== undefined);
  });
}

export function draw(view) {
  if (!view.before) return [];
  const pairs = descents(view);
  const children = new Map();
  for (const [parent] of pairs) children.set(parent, (children.get(parent) ?? 0) + 1);
  return [
    ...view.before.losses.map((_, i) => ring(at(view, view.before.members, i), 1.8 + 2.2 * Math.sqrt(children.get(i) ?? 0), 'before',
      view.words('children', { n: children.get(i) ?? 0 }))),
    ...pairs.filter(([, i]) => view.all || i === view.member).map(([parent, i]) => line(at(view, view.before.members, parent),
      at(view, view.frame.members, i), i === view.member ? 'descent strong' : 'descent')),
    ...forebears(view),
  ];
}

/** The lines to a member's parents, to theirs, and so on; what lies further back is fainter. */
function forebears(view) {
  if (view.member === null) return [];
  const out = [];
  let wanted = new Set([view.frame.origins[view.member].number]);
  for (let g = view.k; g > Math.max(0, view.k - GENERATIONS) && wanted.size; g -= 1) {
    const opacity = (0.9 * 0.72 ** (view.k - g)).toFixed(3);
    const [frame, before] = [view.frames[g], view.frames[g - 1]];
    const known = numbers(before);
    const next = new Set();
    frame.origins.forEach((origin, i) => {
      if (!wanted.has(origin.number)) return;
      for (const parent of new Set(known.has(origin.number) ? [origin.number] : origin.parents ?? [])) {
        const place = known.get(parent);
        if (place === undefined) continue;
        if (parent !== origin.number) out.push(line(at(view, before.members, place), at(view, frame.members, i), 'forebear', { 'stroke-opacity': opacity }));
        next.add(parent);
      }
    });
    wanted = next;
  }
  return out;
}

export const key = (view) => (view.before ? ['before'] : []);

export function said(view) {
  if (!view.before) return view.words('spread_said');
  const bred = view.frame.origins.filter((o) => o.parents && !numbers(view.before).has(o.number));
  return view.words('kin_said', { n: new Set(descents(view).map(([parent]) => parent)).size,
    crossed: bred.filter((o) => o.crossed).length, mutated: bred.filter((o) => o.mutated > 0).length });
}

export const of = (view, i) => (view.frame.origins[i].mutated > 0 ? view.words('genes', { n: view.frame.origins[i].mutated }) : '');
