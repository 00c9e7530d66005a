// Differential evolution: each member's rival, mixed from the differences of others, and whether it took the place.

import { round } from '../../charts.js';
import { arrow, at, line, ring } from './marks.js';

const first = (view) => view.frame.losses.length - view.frame.made.mixtures.length;

export function kind(view, i) {
  if (i < first(view)) return 'again';
  return view.frame.shares[i] === 1 ? 'taken' : 'refused';
}

export const size = (view, i) => (i < first(view) ? 2.2 : 4.4);

export function draw(view) {
  const { made, members } = view.frame;
  const from = first(view);
  return [
    ...made.mixtures.map((_, k) => ring(at(view, made.from, k), 4, 'before')),
    ...(view.all ? made.mixtures.map((_, k) => line(at(view, made.from, k), at(view, members, from + k),
      view.frame.shares[from + k] === 1 ? 'descent taken' : 'descent refused')) : []),
    ...(view.member !== null && view.member >= from ? recipe(view, view.member - from) : []),
  ];
}

/** x_base → v along F (x_plus − x_minus), and v → u, where some genes stay. */
function recipe(view, k) {
  const { made, members } = view.frame;
  const m = made.mixtures[k];
  const there = (i) => at(view, made.from, i);
  const mutant = at(view, made.mutants, k);
  return [
    ...arrow(there(m.minus), there(m.plus), 'difference'),
    ...(m.towards === null ? [] : arrow(there(m.base), there(m.towards), 'difference')),
    ...arrow(there(m.base), mutant, 'moved'),
    line(mutant, at(view, members, first(view) + k), 'kept-genes'),
    line(there(k), at(view, members, first(view) + k), 'descent strong'),
    ...[m.base, m.plus, m.minus, k].map((i) => ring(there(i), 6.5, 'named')),
  ];
}

export const key = () => ['rivals'];

export const said = (view) => view.words('mixed_said', { taken: view.frame.shares.filter((s) => s === 1).length, n: view.frame.made.mixtures.length });

export function of(view, i) {
  const k = i - first(view);
  if (k < 0) return '';
  const m = view.frame.made.mixtures[k];
  const name = (j) => `[${j + 1}]`;
  return [view.words('was', { f: round(view.frame.made.losses[k]) }), view.words('mixture', { k: name(k), base: name(m.base), plus: name(m.plus), minus: name(m.minus),
    towards: m.towards === null ? '' : view.words('towards', { to: name(m.towards), base: name(m.base) }) })].join(' ');
}
