// The network drawn, layer by layer, with the shapes of what passes through; a small one also neuron by neuron.

import { el, scroller, svg } from '../dom.js';
import { neurons } from './neurons.js';
import { paint } from './pixels.js';

/** The panel. */
export function network(place, store, api) {
  const { t } = api;
  const { layers, weights, network: line, drawing, wall } = store.scene;
  place.append(el('div', { class: 'panel-head' }, el('h2', {}, t('network')), el('span', { class: 'soft' }, t('weights_n', { n: weights.toLocaleString('en') }))),
    el('section', { class: 'card' }, shapes(layers, t), el('p', { class: 'mono soft line' }, line)));
  if (!drawing) return { take() {} };
  const card = el('section', { class: 'card neurons' });
  place.append(card);
  const thumbnail = wall && ((sheet, k) => store.pictures.then((bytes) => bytes && paint(sheet, bytes, k, wall)));
  const drawn = neurons(card, { drawing, thumbnail, title: t('neurons'), api });
  return {
    take(fresh) {
      if (fresh.has('look') && store.look?.neurons) drawn.update(store.look.neurons);
    },
    destroy: drawn.destroy,
  };
}

/** Layers side by side, with the shapes of their results. */
export const shapes = (layers, t) => scroller(t('network'), el('ol', { class: 'layers' }, layers.map((layer, i) => el('li', {},
  picture(layer, layers[i - 1]),
  el('strong', {}, layer.kind === 'input' ? t('input') : layer.kind.replace(/_/g, ' ')),
  el('span', { class: 'mono' }, layer.shape.join(' × ')),
  layer.weights ? el('span', { class: 'soft' }, t('weights_n', { n: layer.weights.toLocaleString('en') })) : null))));

/** A layer as a column of neurons, or as a stack of pictures. */
function picture({ shape, kind }, before) {
  const box = { viewBox: '0 0 60 96', width: 60, height: 96, 'aria-hidden': 'true' };
  const faded = kind === 'dropout';
  if (shape.length === 3) {
    const [height, width, channels] = shape;
    const largest = Math.max(height, width, ...(before?.shape.slice(0, 2) ?? []));
    const side = (n) => 16 + (26 * n) / largest;
    const sheets = Math.min(5, 1 + Math.floor(Math.log2(channels)));
    const [w, h] = [side(width), side(height)];
    return svg('svg', box, Array.from({ length: sheets }, (_, i) => svg('rect', {
      class: faded ? 'neuron off' : 'neuron', rx: 2, width: w, height: h,
      x: (60 - w) / 2 + (i - (sheets - 1) / 2) * 4, y: (96 - h) / 2 + (i - (sheets - 1) / 2) * 4,
    })));
  }
  const units = shape.reduce((a, b) => a * b, 1);
  const shown = Math.min(9, units);
  const gap = 96 / (shown + 1);
  return svg('svg', box, Array.from({ length: shown }, (_, i) => (units > shown && i === 4
    ? [-3, 0, 3].map((d) => svg('circle', { class: 'dots', cx: 30, cy: gap * (i + 1) + d, r: 1 }))
    : svg('circle', { class: faded && i % 2 ? 'neuron off' : 'neuron', cx: 30, cy: gap * (i + 1), r: 4 }))));
}
