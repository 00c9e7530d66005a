// Particle swarm: velocities, the best place each knows, the best that any knows.

import { round } from '../../charts.js';
import { arrow, at, beyond, ring, star } from './marks.js';

const count = (view) => view.frame.made.from.length / view.weights;
const first = (view) => view.frame.losses.length - count(view);

export function kind(view, i) {
  if (i < first(view)) return 'again';
  return view.frame.shares[i] === 1 ? 'found' : 'flies';
}

export const size = (view, i) => (i < first(view) ? 2.2 : 4.4);

export function draw(view) {
  const { made, members } = view.frame;
  const from = first(view);
  const all = Array.from({ length: count(view) }, (_, k) => k);
  return [
    ...all.map((k) => ring(at(view, made.best, k), 4.5, 'before')),
    ...(view.all ? all.flatMap((k) => arrow(at(view, made.from, k), at(view, members, from + k), 'velocity')) : []),
    star(at(view, made.best, made.leader), 9, 'leader'),
    ...(view.member !== null && view.member >= from ? parts(view, view.member - from) : []),
  ];
}

/** The velocity as the sum it is, head to tail. */
function parts(view, k) {
  const { made } = view.frame;
  const places = [[], [made.kept], [made.kept, made.own], [made.kept, made.own, made.social]].map((steps) => beyond(view, made.from, k, ...steps));
  return ['kept', 'own', 'social'].flatMap((name, i) => arrow(places[i], places[i + 1], `pull ${name}`));
}

export const key = () => ['leader', 'velocity'];

export function said(view) {
  const { made } = view.frame;
  const n = view.weights;
  const speed = Array.from({ length: count(view) }, (_, k) => Math.hypot(...Array.from({ length: n }, (_unused, a) => {
    const i = k * n + a;
    return made.kept[i] + made.own[i] + made.social[i];
  })));
  return view.words('flown_said', { taken: view.frame.shares.filter((s) => s === 1).length, n: count(view),
    speed: round(speed.reduce((a, b) => a + b, 0) / speed.length, 3) });
}

export const of = (view, i) => (i < first(view) ? '' : view.words('pulls'));
