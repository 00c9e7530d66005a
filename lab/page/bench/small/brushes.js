// Own points, put by clicking: a brush for each class, and one that removes.

import { el } from '../../dom.js';
import { suit } from './settings.js';

/** The brushes in `host`; `state()` and `plan()` are those of now. Returned: `draw()`, and `pick([x, y])` where the square was clicked. */
export function brushes(host, { say, state, plan, change }) {
  let brush = 0;
  function draw() {
    const count = Math.min(6, Math.max(2, (plan()?.classes ?? 2) + (state().points ? 1 : 0)));
    host.replaceChildren(el('span', {}, say('click')), ...Array.from({ length: count }, (_, k) => el('button', {
      type: 'button', class: `brush brush-${k}`, 'aria-pressed': String(k === brush), onclick: () => { brush = k; draw(); },
    }, plan()?.names?.[k] ?? String(k))), el('button', { type: 'button', class: 'brush', 'aria-pressed': String(brush < 0), onclick: () => { brush = -1; draw(); } }, say('remove')));
  }
  function pick([x, y]) {
    if (state().data !== 'own') return;
    const [cx, cy, ux, uy] = plan() ? [...plan().centre, ...plan().unit] : [0, 0, 1, 1];
    const text = (v) => String(Number(v.toFixed(3)));
    const all = (state().points ?? '').split(/[;\n]/).filter((line) => line.trim());
    if (brush < 0) {
      const far = all.map((line) => { const [a, b] = line.split(/[,\s]+/).map(Number); return ((a - cx) / ux - x) ** 2 + ((b - cy) / uy - y) ** 2; });
      const nearest = far.indexOf(Math.min(...far.filter(Number.isFinite)));
      if (nearest >= 0 && far[nearest] < 0.01) all.splice(nearest, 1);
    } else {
      all.push(`${text(cx + ux * x)},${text(cy + uy * y)},${plan()?.names?.[brush] ?? brush}`);
    }
    const classes = plan() && !plan().classes ? 0 : Math.max(2, plan()?.classes ?? 2, brush + 1);
    change({ points: all.join(';'), ...suit(state(), classes) });
  }
  return { draw, pick };
}
