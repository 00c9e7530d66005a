// The menu of a drawing that is no chart: its numbers as a table, and files.

import { el, save } from '../../dom.js';
import { round } from '../../charts.js';
import { csv } from '../../charts/export.js';
import { t } from '../../words.js';

/**
 * A heading with a menu, and a place for the table under the drawing. `data()` returns `{ head, rows }`, `png()` promises a blob.
 * Returned are `head` and `table`, to be put around the drawing.
 */
export function menu(title, name, { data, png }) {
  const table = el('div', { class: 'chart-table', hidden: true, tabindex: 0 });
  const list = el('details', { class: 'chart-menu' });
  const fill = () => {
    const { head, rows } = data();
    table.replaceChildren(el('table', {}, el('caption', {}, title),
      el('thead', {}, el('tr', {}, head.map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, rows.slice(0, 500).map((row) => el('tr', {}, row.map((v, i) => el(i ? 'td' : 'th', i ? {} : { scope: 'row' },
        typeof v === 'number' ? round(v, 5) : v ?? '')))))));
  };
  const item = (word, action) => el('button', { type: 'button', onclick: () => { list.open = false; action(); } }, t(word));
  const toggle = item('chart_table', () => {
    table.hidden = !table.hidden;
    toggle.textContent = t(table.hidden ? 'chart_table' : 'chart_close');
    if (!table.hidden) fill();
  });
  list.append(
    el('summary', { 'aria-label': `${t('chart_menu')}: ${title}`, title: t('chart_menu') }, '⋯'),
    el('div', {}, toggle,
      png && item('chart_png', async () => save(`${name}.png`, await png())),
      item('chart_csv', () => save(`${name}.csv`, csv(data()), 'text/csv'))),
  );
  list.addEventListener('focusout', (event) => { if (!list.contains(event.relatedTarget)) list.open = false; });
  list.addEventListener('keydown', (event) => { if (event.key === 'Escape') list.open = false; });
  return { head: el('div', { class: 'chart-head' }, el('h2', { class: 'drawing-title' }, title), list), table };
}
