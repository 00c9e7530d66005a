// The drawing of a network: a picture for each neuron of what it says of each place, lines for the weights between them.
//
// Orange raises, blue lowers; the thicker a line the larger its weight. The pictures are buttons, so that the keyboard
// reaches them; lines are found by the pointer, and all weights stand in the table.

import { el } from '../../dom.js';
import { pixels } from '../../charts/colour.js';

const GAP = 0.34;

/**
 * Draws into `host`. `hover(what | null)` is told of what is looked at: `{ layer, unit }` or `{ layer, from, to, weight }`;
 * `choose(what)` of a click. `heads(layer)` makes what stands over a layer's column.
 * Returned: `describe(description)` sets it up, `draw({ theta, scales, pictures })` shows a frame.
 */
export function network(host, { label, hover, choose, heads, name }) {
  const sheet = el('canvas', { class: 'net-lines', 'aria-hidden': 'true' });
  const place = el('div', { class: 'net', role: 'group', 'aria-label': label }, sheet);
  host.append(place);
  let plan = null;
  let frame = null;
  let asked = false;
  let dead = false;
  let looked = null;
  const small = document.createElement('canvas');

  /** Where everything stands. */
  const arrange = () => {
    if (!plan) return;
    const { layers, features } = plan;
    const columns = [features.length, ...layers.map((layer) => layer.shown)];
    const width = Math.max(260, host.clientWidth);
    const most = Math.max(...columns);
    const wide = width / columns.length;
    const size = Math.max(13, Math.min(46, wide * 0.42, 430 / (most * (1 + GAP))));
    const step = size * (1 + GAP);
    const top = 54;
    const height = top + Math.max(150, most * step) + 22;
    own.size = size;
    own.height = height;
    own.width = width;
    own.columns = columns.map((count, k) => {
      const x = wide * (k + 0.5);
      const from = top + (height - top - 22 - count * step) / 2 + step / 2;
      return Array.from({ length: count }, (_, i) => [x, from + i * step]);
    });
    place.style.height = `${height}px`;
    const fine = window.devicePixelRatio || 1;
    [sheet.width, sheet.height] = [Math.round(width * fine), Math.round(height * fine)];
    Object.assign(sheet.style, { width: `${width}px`, height: `${height}px` });
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    place.replaceChildren(sheet);
    own.columns.forEach((column, k) => {
      const head = el('div', { class: 'net-head' }, heads(k - 1));
      Object.assign(head.style, { left: `${wide * k}px`, width: `${wide}px` });
      place.append(head);
      column.forEach(([x, y], i) => {
        const what = { layer: k - 1, unit: i };
        const button = el('button', {
          type: 'button', class: 'net-neuron', 'aria-label': name(what), 'data-key': `${k}.${i}`,
          tabindex: i === 0 && k === 1 ? 0 : -1,
          onpointerenter: () => look(what), onfocus: () => look(what), onpointerleave: () => look(null), onblur: () => look(null),
          onclick: () => choose(what), onkeydown: (event) => walk(event, k, i),
        });
        Object.assign(button.style, { left: `${x - size / 2}px`, top: `${y - size / 2}px`, width: `${size}px`, height: `${size}px` });
        place.append(button);
      });
      const hidden = k ? layers[k - 1].units - layers[k - 1].shown : 0;
      if (hidden > 0) {
        const more = el('div', { class: 'net-more' }, `+ ${hidden}`);
        Object.assign(more.style, { left: `${wide * k}px`, width: `${wide}px`, top: `${height - 22}px` });
        place.append(more);
      }
    });
    if (focused) place.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
    redraw();
  };
  const own = { columns: [], size: 0, height: 0, width: 0 };

  /** Arrow keys go from neuron to neuron. */
  const walk = (event, k, i) => {
    const [dk, di] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!dk && !di) return;
    event.preventDefault();
    const column = own.columns[k + dk];
    if (!column) return;
    const next = Math.max(0, Math.min(column.length - 1, i + di));
    place.querySelector(`[data-key="${k + dk}.${next}"]`)?.focus();
  };

  const look = (what) => {
    looked = what;
    hover(what);
    redraw();
  };

  /** `each(from, to, weight index | null, layer, i, j)` for all lines that are drawn. */
  const lines = (each) => {
    plan.layers.forEach((layer, k) => {
      const [left, right] = [own.columns[k], own.columns[k + 1]];
      if (layer.weight) {
        const { at, rows, columns } = layer.weight;
        for (let i = 0; i < Math.min(rows, left.length); i += 1) {
          for (let j = 0; j < right.length; j += 1) each(left[i], right[j], at + i * columns + j, k, i, j);
        }
      } else {
        for (let i = 0; i < Math.min(left.length, right.length); i += 1) each(left[i], right[i], null, k, i, i);
      }
    });
  };
  const bend = ([x1, y1], [x2, y2]) => {
    const half = own.size / 2 + 1;
    const middle = (x1 + x2) / 2;
    return [[x1 + half, y1], [middle, y1], [middle, y2], [x2 - half, y2]];
  };
  const along = ([a, b, c, d], t) => [0, 1].map((k) => {
    const s = 1 - t;
    return s * s * s * a[k] + 3 * s * s * t * b[k] + 3 * s * t * t * c[k] + t * t * t * d[k];
  });

  const paint = () => {
    asked = false;
    if (dead || !plan || !frame) return;
    const fine = window.devicePixelRatio || 1;
    const context = sheet.getContext('2d');
    context.setTransform(fine, 0, 0, fine, 0, 0);
    context.clearRect(0, 0, own.width, own.height);
    const style = getComputedStyle(host);
    const [low, high, soft] = ['--data-0', '--data-1', '--faint'].map((v) => style.getPropertyValue(v));
    context.lineCap = 'round';
    lines((from, to, index, layer, i, j) => {
      const w = index === null ? 0 : frame.theta[index];
      const path = bend(from, to);
      context.beginPath();
      context.moveTo(...path[0]);
      context.bezierCurveTo(...path[1], ...path[2], ...path[3]);
      const size = Math.abs(w);
      // Where lines are many they are thin.
      const few = Math.min(1, 14 / Math.max(own.columns[layer].length, own.columns[layer + 1].length));
      const touched = looked && ((looked.unit !== undefined
        && ((looked.layer === layer && looked.unit === j) || (looked.layer === layer - 1 && looked.unit === i)))
        || (looked.weight === index && index !== null));
      context.strokeStyle = index === null ? soft : w < 0 ? low : high;
      context.lineWidth = index === null ? 1 : Math.min(7, 0.35 + 2 * size * few) * (few < 1 ? 0.7 : 1) + (touched ? 1 : 0);
      context.globalAlpha = looked ? (touched ? 1 : 0.12) : Math.min(0.9, 0.15 + 0.5 * size) * few;
      context.stroke();
    });
    context.globalAlpha = 1;
    pictures(context);
  };

  const pictures = (context) => {
    const side = plan.picture;
    const colours = pixels('diverging');
    const bytes = side * side;
    [small.width, small.height] = [side, side];
    const inner = small.getContext('2d');
    const image = inner.createImageData(side, side);
    const whole = new Uint32Array(image.data.buffer);
    const style = getComputedStyle(host);
    const show = (from, list, [x, y], focused, share) => {
      for (let i = 0; i < bytes; i += 1) {
        // A share between 0 and 1 has its middle at a half.
        const at = share ? Math.round((255 * share * (list[from + i] - 128)) / 127) : list[from + i];
        whole[i] = colours[at];
      }
      inner.putImageData(image, 0, 0);
      const half = own.size / 2;
      context.save();
      context.beginPath();
      context.roundRect(x - half, y - half, own.size, own.size, Math.min(6, own.size / 5));
      context.clip();
      context.drawImage(small, x - half, y - half, own.size, own.size);
      context.restore();
      context.beginPath();
      context.roundRect(x - half, y - half, own.size, own.size, Math.min(6, own.size / 5));
      context.strokeStyle = style.getPropertyValue(focused ? '--accent' : '--faint');
      context.lineWidth = focused ? 2.5 : 1;
      context.stroke();
    };
    const is = (layer, unit) => looked && looked.unit === unit && looked.layer === layer;
    own.columns[0].forEach((at, i) => show(i * bytes, plan.seen, at, is(-1, i)));
    let number = 0;
    plan.layers.forEach((layer, k) => own.columns[k + 1].forEach((at, i) => {
      show(number * bytes, frame.pictures, at, is(k, i), layer.line.split(' ').includes('sigmoid') ? frame.scales[number] : 0);
      number += 1;
    }));
  };

  const redraw = () => {
    if (asked || dead) return;
    asked = true;
    requestAnimationFrame(paint);
  };

  /** The line nearest to the pointer. */
  const find = (event) => {
    if (!plan) return null;
    const box = sheet.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let [best, found] = [36, null];
    lines((a, b, index, layer, i, j) => {
      if (index === null || px < a[0] || px > b[0] || py < Math.min(a[1], b[1]) - 6 || py > Math.max(a[1], b[1]) + 6) return;
      const path = bend(a, b);
      for (let t = 0; t <= 1; t += 1 / 24) {
        const [x, y] = along(path, t);
        const far = (x - px) ** 2 + (y - py) ** 2;
        if (far < best) [best, found] = [far, { layer, from: i, to: j, weight: index }];
      }
    });
    return found;
  };
  sheet.addEventListener('pointermove', (event) => {
    const found = find(event);
    if (found?.weight !== looked?.weight) look(found);
  });
  sheet.addEventListener('pointerleave', () => look(null));
  sheet.addEventListener('click', (event) => { const found = find(event); if (found) choose(found); });

  const observer = new ResizeObserver(() => { if (Math.abs(host.clientWidth - own.width) > 1) arrange(); });
  observer.observe(host);
  window.addEventListener('gradus-theme', redraw);
  return {
    describe(description) {
      plan = description;
      frame = null;
      arrange();
    },
    draw(next) {
      frame = next;
      redraw();
    },
    png: () => new Promise((done) => sheet.toBlob(done, 'image/png')),
    destroy() {
      dead = true;
      observer.disconnect();
      window.removeEventListener('gradus-theme', redraw);
      place.remove();
    },
  };
}
