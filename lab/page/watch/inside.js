// What happens inside: gradients, updates, distributions, dead units, the first layer's weights.

import { unpackBytes } from '../api.js';
import { bars, lines, round } from '../charts.js';
import { el, scroller } from '../dom.js';
import { paint } from './pixels.js';
import { percent } from './store.js';

/** How many examples the program looks at. */
const EXAMPLES = 64;

/** The panel. */
export function inside(place, store, api) {
  const { t } = api;
  const about = el('p', { class: 'about' }, t('no_look'));
  const grid = el('div', { class: 'grid two', hidden: true });
  place.append(el('h2', {}, t('inside')), about, grid);
  const card = (more = '') => {
    const it = el('section', { class: `card ${more}` });
    grid.append(it);
    return it;
  };
  const x = { label: t('step') };
  const gradients = lines(card(), { title: t('chart_gradients'), name: 'gradient-norm', x, y: { label: t('gradient_norm'), log: true } });
  const updates = lines(card(), { title: t('chart_updates'), name: 'update-to-weight', x, y: { label: t('update_ratio'), log: true } });

  const table = scroller(t('part'));
  const layers = scroller(t('layer'));
  const numbers = card('wide');
  numbers.append(el('div', { class: 'row tables' }, table, layers));

  const histograms = card('wide');
  const choice = el('select', { 'aria-label': t('show_of'), onchange: () => spread() });
  const row = el('div', { class: 'grid three' });
  histograms.append(el('div', { class: 'panel-head' }, el('h3', {}, t('layer')), choice), row);
  const charts = ['weights', 'slopes', 'results'].map((name) => {
    const it = el('div', {});
    row.append(it);
    return bars(it, { title: t(name), name, y: { label: t('count') }, height: 180 });
  });

  const first = card('wide');
  const units = el('ul', { class: 'units' });
  const firstAbout = el('p', { class: 'soft' });
  first.append(el('h3', {}, t('first_layer')), firstAbout, units);
  const sheets = [];

  /** Parts with weights; a bias says little over time. */
  const weighty = () => store.look.parts.map((p, i) => ({ ...p, i })).filter((p) => p.shape.length > 1 || store.look.parts.length < 3);

  const over = (chart, what) => chart.update({ series: weighty().map((p, c) => ({
    name: p.name,
    x: store.trace.map((s) => s.step),
    y: store.trace.map((s) => s[what][p.i] ?? NaN),
    colour: c,
  })) });

  const spread = () => {
    const part = store.look.parts.find((p) => p.name === choice.value) ?? store.look.parts[0];
    const scope = part.name.slice(0, part.name.lastIndexOf('.'));
    const layer = store.look.layers.find((l) => l.name === scope);
    [part.weights, part.slopes, layer?.results].forEach((h, i) => {
      charts[i].element.hidden = !h;
      if (h) charts[i].update({ edges: edges(h), groups: [{ values: h.counts, colour: [0, 1, 2][i] }] });
    });
  };

  const cells = (head, rows) => el('table', {},
    el('thead', {}, el('tr', {}, head.map((h) => el('th', { scope: 'col' }, h)))),
    el('tbody', {}, rows.map((r) => el('tr', {}, r.map((v, i) => (i ? el('td', {}, v) : el('th', { scope: 'row' }, v)))))));

  const firstLayer = () => {
    const f = store.look.first;
    first.hidden = !f;
    if (!f) return;
    const bytes = unpackBytes(f.bytes);
    firstAbout.textContent = t('first_about', { a: f.shown, b: f.units, p: f.part });
    while (sheets.length < f.shown) {
      const sheet = el('canvas', { role: 'img', 'aria-label': t('unit', { n: sheets.length + 1 }), title: t('unit', { n: sheets.length + 1 }) });
      sheets.push(sheet);
      units.append(el('li', {}, sheet));
    }
    sheets.forEach((sheet, k) => paint(sheet, bytes, k, f));
  };

  return {
    take(fresh) {
      if (!fresh.has('look') || !store.look) return;
      const { parts, layers: seen, step } = store.look;
      grid.hidden = false;
      about.textContent = t('inside_about', { n: Math.min(EXAMPLES, store.scene.parts.train), s: step.toLocaleString('en') });
      if (choice.options.length !== parts.length) choice.replaceChildren(...parts.map((p) => el('option', { value: p.name }, p.name)));
      over(gradients, 'gradient');
      over(updates, 'update');
      table.replaceChildren(cells([t('part'), t('shape'), t('norm'), t('gradient_norm'), t('update_ratio')],
        parts.map((p) => [p.name, p.shape.join('×'), round(p.norm), round(p.gradient), round(p.update ?? NaN, 3)])));
      const counted = seen.map((l) => l.counted).filter(Boolean);
      layers.hidden = counted.length === 0;
      layers.replaceChildren(cells([t('layer'), t('dead'), t('saturated')], counted.map((l) => [`${l.layer} (${l.function})`,
        l.dead === null ? '–' : t('of', { a: l.dead, b: l.units }), l.saturated === null ? '–' : percent(l.saturated)])));
      spread();
      firstLayer();
    },
    destroy() {
      [gradients, updates, ...charts].forEach((chart) => chart.destroy());
    },
  };
}

const edges = ({ low, high, counts }) => counts.map((_, i) => low + ((high - low) * i) / counts.length).concat(high);
