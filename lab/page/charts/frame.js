// What all charts share: a figure with its title, menu, axes, table and a reading cursor; drawn at most once a frame.

import { el, save, svg } from '../dom.js';
import { t } from '../words.js';
import { csv, picture, text } from './export.js';
import { labels, round, scale } from './scale.js';

/**
 * A chart: `draw(chart)` fills `chart.plot` from `chart.options`; `data(options)` returns `{ head: [], rows: [[]] }`.
 * Returned are `update`, `destroy`, `element`.
 */
export function chart(host, options, { draw, data, read }) {
  const own = { options: { height: 220, ...options }, width: 0 };
  const title = el('figcaption', {});
  const menu = el('details', { class: 'chart-menu' });
  const readout = el('output', { class: 'chart-readout' });
  const plot = el('div', { class: 'chart-plot' });
  const table = el('div', { class: 'chart-table', hidden: true, tabindex: 0 });
  const figure = el('figure', { class: 'chart' }, el('div', { class: 'chart-head' }, title, menu), plot, readout, table);
  host.append(figure);
  Object.assign(own, { plot, figure, readout });

  let asked = false;
  let dead = false;
  const redraw = () => {
    if (asked || dead) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (dead) return;
      own.width = Math.max(160, Math.floor(plot.clientWidth));
      title.textContent = own.options.title ?? '';
      title.hidden = !own.options.title;
      draw(own);
      own.options.drawn?.(own);
      if (!table.hidden) fillTable();
    });
  };
  const tell = () => own.options.table?.() ?? data(own.options);
  const fillTable = () => {
    const { head, rows } = tell();
    const most = own.options.whole ? rows.length : 500;
    const every = Math.ceil(rows.length / most) || 1;
    table.replaceChildren(el('table', {}, el('caption', {}, own.options.title ?? ''),
      el('thead', {}, el('tr', {}, head.map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, rows.filter((_, i) => i % every === 0).map((row) => el('tr', {}, row.map((v, i) => el(i ? 'td' : 'th',
        i ? {} : { scope: 'row' }, typeof v === 'number' ? round(v, 5) : v ?? '')))))));
  };
  const item = (word, action) => el('button', { type: 'button', onclick: () => { menu.open = false; action(); } }, t(word));
  const file = () => own.options.name ?? 'chart';
  const toggle = el('button', { type: 'button', onclick: () => {
    menu.open = false;
    table.hidden = !table.hidden;
    toggle.textContent = t(table.hidden ? 'chart_table' : 'chart_close');
    if (!table.hidden) fillTable();
  } }, t('chart_table'));
  menu.append(
    el('summary', { 'aria-label': `${t('chart_menu')}: ${own.options.title ?? ''}`, title: t('chart_menu') }, '⋯'),
    el('div', {}, toggle,
      item('chart_svg', () => save(`${file()}.svg`, text(own), 'image/svg+xml')),
      item('chart_png', async () => save(`${file()}.png`, await picture(own))),
      item('chart_csv', () => save(`${file()}.csv`, csv(tell()), 'text/csv'))),
  );
  menu.addEventListener('focusout', (e) => { if (!menu.contains(e.relatedTarget)) menu.open = false; });
  menu.addEventListener('keydown', (e) => { if (e.key === 'Escape') menu.open = false; });
  if (read) cursor(own, read);

  const observer = new ResizeObserver(() => { if (Math.floor(plot.clientWidth) !== own.width) redraw(); });
  observer.observe(plot);
  window.addEventListener('gradus-theme', redraw);
  redraw();
  return {
    element: figure,
    update(changes) {
      Object.assign(own.options, changes);
      redraw();
    },
    destroy() {
      dead = true;
      observer.disconnect();
      window.removeEventListener('gradus-theme', redraw);
      figure.remove();
    },
  };
}

/** Reads values where the pointer is, or, by arrow keys, point by point: `read(own, x | null, step)` says what is there. */
function cursor(own, read) {
  const { plot, readout } = own;
  const tell = (found) => {
    readout.textContent = found?.text ?? '';
    const mark = plot.querySelector('.chart-cursor');
    if (!mark) return;
    mark.style.display = found ? '' : 'none';
    if (found) mark.setAttribute('transform', `translate(${found.x} 0)`);
  };
  plot.addEventListener('pointermove', (e) => tell(read(own, e.clientX - plot.getBoundingClientRect().left, 0)));
  plot.addEventListener('pointerleave', () => tell(null));
  plot.addEventListener('focusout', () => tell(null));
  plot.addEventListener('keydown', (e) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[e.key];
    if (!step) return;
    e.preventDefault();
    tell(read(own, null, step));
  });
}

/** Room around the plot, and both scales: `wide` characters of the labels of y. */
export function axes(own, { x, y }, xData, yData, below = 0) {
  const { width, options: { height } } = own;
  const bottom = height - 20 - (x.label ? 16 : 0) - below;
  const top = y.label ? 20 : 8;
  const sy = scale(y, yData, bottom, top, Math.max(2, Math.floor((bottom - top) / 38)));
  const longest = Math.max(...labels(sy.ticks).map((text) => [...text].length), 1);
  const left = Math.ceil(longest * 6.6) + 12;
  const sx = scale({ nice: false, ...x }, xData, left, width - 12, Math.max(2, Math.floor((width - left) / 74)));
  return { sx, sy, left, right: width - 12, top, bottom };
}

/** The grid, the ticks and the labels of both axes. */
export function grid({ sx, sy, left, right, top, bottom }, { x, y }, lines = true) {
  const out = [];
  const [across, up] = [labels(sx.ticks, 4), labels(sy.ticks)];
  for (const [i, v] of sy.ticks.entries()) {
    const p = sy.at(v);
    if (lines) out.push(svg('line', { class: 'chart-grid', x1: left, x2: right, y1: p, y2: p }));
    out.push(svg('text', { class: 'chart-tick', x: left - 6, y: p + 3.5, 'text-anchor': 'end' }, up[i]));
  }
  for (const [i, v] of sx.ticks.entries()) {
    const p = sx.at(v);
    out.push(svg('line', { class: 'chart-axis', x1: p, x2: p, y1: bottom, y2: bottom + 4 }));
    out.push(svg('text', { class: 'chart-tick', x: p, y: bottom + 16, 'text-anchor': 'middle' }, across[i]));
  }
  out.push(svg('line', { class: 'chart-axis', x1: left, x2: right, y1: bottom, y2: bottom }));
  if (x.label) out.push(svg('text', { class: 'chart-label', x: right, y: bottom + 32, 'text-anchor': 'end' }, x.label));
  if (y.label) out.push(svg('text', { class: 'chart-label', x: 4, y: 11 }, y.label));
  return out;
}

let unique = 0;

/** The drawing itself, ready for children. */
export function canvas(own, label, children) {
  const { width, options: { height } } = own;
  unique += 1;
  const drawing = svg('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', tabindex: own.still ? null : 0, 'aria-label': label,
  }, children(`chart-${unique}`));
  const focused = own.plot.contains(document.activeElement);
  own.plot.querySelector('svg')?.remove();
  own.plot.append(drawing);
  if (focused) drawing.focus({ preventScroll: true });
  return drawing;
}
