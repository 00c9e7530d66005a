// A normal distribution, and how it moves: CMA-ES, natural evolution strategies, estimates of a gradient.

import { round } from '../../charts.js';
import { arrow, at, cross, ellipse, line } from './marks.js';

/** How much a member draws the mean towards it. */
const pulls = (view, i) => view.frame.shares[i] ?? 0;

export const kind = (view, i) => (pulls(view, i) > 0 ? 'counts' : 'against');

export function size(view, i) {
  const most = Math.max(...view.frame.shares.map(Math.abs), 1e-30);
  return 2.4 + 5 * Math.sqrt(Math.max(0, pulls(view, i)) / most);
}

export function draw(view) {
  const { made, members } = view.frame;
  const next = view.next?.made.kind === 'drawn' ? view.next.made : null;
  const mean = view.pixel(view.axes.map((a) => made.mean[a]));
  const moved = view.pixel(view.axes.map((a) => (next?.mean ?? view.frame.answer)[a]));
  const ends = made.path && view.pixel(view.axes.map((a) => made.mean[a] + made.path[a]));
  return [
    ...[1, 2].map((reach) => ellipse(view, made.mean, made.covariance, reach, 'deviation')),
    ...(next ? [ellipse(view, next.mean, next.covariance, 1, 'deviation next')] : []),
    ...(view.all ? view.frame.losses.map((_, i) => line(mean, at(view, members, i), 'ray')) : []),
    ...(view.member === null ? [] : [line(mean, at(view, members, view.member), 'descent strong')]),
    ...(ends ? arrow(mean, ends, 'path') : []),
    cross(mean, 7, 'mean'),
    ...arrow(mean, moved, 'moved'),
  ];
}

export const key = (view) => ['ellipse', 'middle', ...(view.frame.made.path ? ['path'] : [])];

export function said(view) {
  const { mean, covariance, sigma } = view.frame.made;
  const n = view.weights;
  const deviation = (a) => round(Math.sqrt(covariance[covariance.length === n ? a : a * n + a]), 3);
  return view.words('drawn_said', { mean: view.axes.map((a) => round(mean[a], 3)).join(', '), deviations: view.axes.map(deviation).join(', '),
    sigma: sigma === null ? '' : view.words('sigma_said', { sigma: round(sigma, 3) }),
    up: view.frame.losses.filter((_, i) => pulls(view, i) > 0).length, n: view.frame.losses.length });
}

export const of = (view, i) => view.words('share', { w: round(pulls(view, i), 3) });
