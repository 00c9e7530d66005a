// Simulated annealing: chains that step at random, down always, up by chance while it is hot.

import { round } from '../../charts.js';
import { at, line, ring } from './marks.js';

const first = (view) => view.frame.losses.length - view.frame.made.losses.length;

export function kind(view, i) {
  const k = i - first(view);
  if (k < 0) return 'again';
  if (view.frame.shares[i] !== 1) return 'refused';
  return view.frame.losses[i] > view.frame.made.losses[k] ? 'uphill' : 'taken';
}

export const size = (view, i) => (i < first(view) ? 2.2 : 4.4);

export function draw(view) {
  const { made, members } = view.frame;
  const from = first(view);
  return made.losses.flatMap((_, k) => [
    ring(at(view, made.from, k), 4, 'before'),
    ...(view.all || view.member === from + k ? [line(at(view, made.from, k), at(view, members, from + k),
      view.member === from + k ? 'descent strong' : `descent ${kind(view, from + k)}`)] : []),
  ]);
}

export const key = () => ['reach'];

export function said(view) {
  const { made } = view.frame;
  const kinds = made.losses.map((_, k) => kind(view, first(view) + k));
  const number = (name) => kinds.filter((k) => k === name).length;
  return view.words('stepped_said', { T: round(made.temperature, 3), sigma: round(made.sigma, 3), down: number('taken'), up: number('uphill'), refused: number('refused') });
}

export function of(view, i) {
  const k = i - first(view);
  return k < 0 ? '' : view.words('was', { f: round(view.frame.made.losses[k]) });
}
