// A square of the plane: what a network says of each place in colour, where its answer turns, and the examples.

import { el } from '../../dom.js';
import { colour, pixels as opaque, table } from '../../charts/colour.js';
import { contour } from '../../charts/contour.js';

const PALE = 0.17;

/** The colour of a variable of the style sheet, as numbers. */
function rgb(host, text) {
  const value = getComputedStyle(host).getPropertyValue(text.slice(4, -1)).trim();
  return [1, 3, 5].map((i) => parseInt(value.slice(i, i + 2), 16));
}

/**
 * Draws into `host`. `pick([x, y], event)` is told of clicks, `hover([x, y] | null)` of the pointer; places are in units of the
 * network. Returned is `draw(changes)`, any of
 *   view            how far the square reaches from the middle
 *   side, values    a grid, top row first; of several outputs a number each, side by side
 *   kind            'share' (0…1), 'value' (−1…1), 'classes' (a share for each), or a number: ± that much
 *   levels          where contour lines are drawn
 *   train, test     Float32Array of x, y, label
 *   classes         how many, or null for values
 *   crisp           whether only the winner's colour is shown
 */
export function surface(host, { label, pick, hover }) {
  const sheet = el('canvas', { class: 'surface', role: 'img', 'aria-label': label });
  const small = document.createElement('canvas');
  host.append(sheet);
  const own = { view: 1.25, side: 0, values: null, kind: 'share', levels: [], train: null, test: null, classes: 2, crisp: false };
  let asked = false;
  let dead = false;

  const pixels = () => {
    const { side, values, kind, crisp } = own;
    [small.width, small.height] = [side, side];
    const context = small.getContext('2d');
    const image = context.createImageData(side, side);
    const whole = new Uint32Array(image.data.buffer);
    const colours = opaque('diverging');
    const outputs = values.length / (side * side);
    const classes = outputs > 1 ? Array.from({ length: outputs }, (_, k) => rgb(host, colour(k))) : [];
    const paper = rgb(host, 'var(--card)');
    for (let i = 0; i < side * side; i += 1) {
      let at = 0.5;
      if (outputs > 1) {
        // Each class in its colour, the paler the less sure.
        let best = 0;
        for (let k = 1; k < outputs; k += 1) if (values[i * outputs + k] > values[i * outputs + best]) best = k;
        for (let c = 0; c < 3; c += 1) {
          let sum = 0;
          for (let k = 0; k < outputs; k += 1) {
            const share = crisp ? Number(k === best) : Math.max(0, Math.min(1, values[i * outputs + k]));
            sum += share * classes[k][c];
          }
          image.data[4 * i + c] = paper[c] + 0.6 * (sum - paper[c]);
        }
        image.data[4 * i + 3] = Number.isFinite(values[i * outputs]) ? 255 : 0;
        continue;
      }
      const v = values[i];
      at = kind === 'share' ? v : (v / (typeof kind === 'number' ? kind || 1 : 1) + 1) / 2;
      if (crisp) at = Number(at >= 0.5);
      // Paler than the examples, which else would not stand out.
      whole[i] = Number.isFinite(v) ? colours[Math.round(255 * (PALE + (1 - 2 * PALE) * Math.max(0, Math.min(1, at))))] : 0;
    }
    context.putImageData(image, 0, 0);
  };

  const paint = () => {
    asked = false;
    if (dead) return;
    const size = Math.max(120, Math.floor(host.clientWidth));
    const fine = window.devicePixelRatio || 1;
    if (sheet.width !== Math.round(size * fine)) {
      [sheet.width, sheet.height] = [Math.round(size * fine), Math.round(size * fine)];
    }
    const context = sheet.getContext('2d');
    context.setTransform(fine, 0, 0, fine, 0, 0);
    context.clearRect(0, 0, size, size);
    if (own.values && own.side) {
      pixels();
      context.imageSmoothingEnabled = !own.crisp;
      context.imageSmoothingQuality = 'high';
      context.drawImage(small, 0, 0, size, size);
      if (own.values.length === own.side * own.side) own.levels.forEach((level) => line(context, size, level));
    }
    axes(context, size);
    points(context, size, own.test, true);
    points(context, size, own.train, false);
  };
  const at = (x, size) => ((x / own.view + 1) / 2) * size;

  const line = (context, size, level) => {
    const { side, values } = own;
    const map = (column, row) => [((column + 0.5) / side) * size, ((row + 0.5) / side) * size];
    context.strokeStyle = getComputedStyle(host).getPropertyValue('--ink');
    context.globalAlpha = 0.75;
    context.lineWidth = 1.4;
    context.stroke(new Path2D(contour(values, side, side, level, map)));
    context.globalAlpha = 1;
  };

  const axes = (context, size) => {
    context.strokeStyle = getComputedStyle(host).getPropertyValue('--ink');
    context.globalAlpha = 0.12;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(at(0, size), 0);
    context.lineTo(at(0, size), size);
    context.moveTo(0, at(0, size));
    context.lineTo(size, at(0, size));
    context.stroke();
    context.globalAlpha = 1;
  };

  const points = (context, size, list, hollow) => {
    if (!list) return;
    const style = getComputedStyle(host);
    const card = style.getPropertyValue('--card');
    const ink = style.getPropertyValue('--ink');
    const colours = own.classes ? Array.from({ length: own.classes }, (_, k) => `rgb(${rgb(host, colour(k)).join(' ')})`) : null;
    const shades = table('diverging');
    const radius = Math.max(2.4, size / 105);
    for (let i = 0; i < list.length; i += 3) {
      const [x, y] = [at(list[i], size), at(-list[i + 1], size)];
      let paint = ink;
      if (colours) paint = colours[list[i + 2]] ?? ink;
      else {
        const from = 3 * Math.round(255 * Math.max(0, Math.min(1, (list[i + 2] + 1) / 2)));
        paint = `rgb(${shades.slice(from, from + 3).join(' ')})`;
      }
      context.beginPath();
      if (hollow) {
        const half = radius * 0.75;
        context.rect(x - half, y - half, 2 * half, 2 * half);
        context.globalAlpha = 0.7;
        context.fillStyle = colours ? card : paint;
        context.fill();
        context.strokeStyle = colours ? paint : ink;
        context.lineWidth = colours ? 1.2 : 0.6;
        context.stroke();
        context.globalAlpha = 1;
      } else {
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fillStyle = paint;
        context.fill();
        context.lineWidth = 1;
        context.strokeStyle = colours ? card : ink;
        context.stroke();
      }
    }
  };

  const redraw = () => {
    if (asked || dead) return;
    asked = true;
    requestAnimationFrame(paint);
  };
  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    const part = (v, from, long) => (2 * (v - from)) / long - 1;
    return [part(event.clientX, box.left, box.width) * own.view, -part(event.clientY, box.top, box.height) * own.view];
  };
  if (pick) sheet.addEventListener('click', (event) => pick(place(event), event));
  if (hover) {
    sheet.addEventListener('pointermove', (event) => hover(place(event)));
    sheet.addEventListener('pointerleave', () => hover(null));
  }
  const observer = new ResizeObserver(redraw);
  observer.observe(host);
  window.addEventListener('gradus-theme', redraw);
  return {
    element: sheet,
    draw(changes) {
      Object.assign(own, changes);
      redraw();
    },
    /** What the grid says at a place, a number for each output. */
    read([x, y]) {
      if (!own.values) return null;
      const cell = (v) => Math.max(0, Math.min(own.side - 1, Math.floor(((v / own.view + 1) / 2) * own.side)));
      const outputs = own.values.length / (own.side * own.side);
      const i = (cell(-y) * own.side + cell(x)) * outputs;
      return Array.from(own.values.slice(i, i + outputs));
    },
    png: () => new Promise((done) => sheet.toBlob(done, 'image/png')),
    destroy() {
      dead = true;
      observer.disconnect();
      window.removeEventListener('gradus-theme', redraw);
      sheet.remove();
    },
  };
}
