// Pictures with the network's answers of the moment, and the confusion matrix that opens them.

import { el, scroller } from '../dom.js';
import { paint } from './pixels.js';
import { percent } from './store.js';

/** Pictures shown at first, and by each "more". */
const PAGE = 48;

const FILTERS = ['all', 'right', 'wrong', 'least_sure', 'most_sure_wrong'];

/** The wall and the matrix. */
export function wall(place, store, api) {
  const { t } = api;
  const { wall: pictures, classes } = store.scene;
  if (!pictures) return { take() {} };
  let filter = 'all';
  let cell = null;
  let most = PAGE;
  const about = el('p', { class: 'about' }, t('no_look'));
  const buttons = FILTERS.map((name) => el('button', { type: 'button', 'aria-pressed': String(name === filter), onclick: () => {
    filter = name;
    cell = null;
    most = PAGE;
    buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(FILTERS[i] === filter)));
    arrange();
  } }, t(name)));
  const chosen = el('p', { class: 'row chosen', hidden: true });
  const tiles = el('ul', { class: 'tiles' });
  const none = el('p', { class: 'soft', hidden: true }, t('none_here'));
  const more = el('button', { type: 'button', hidden: true, onclick: () => { most += PAGE; arrange(); } });
  const matrix = scroller(t('confusion'));
  place.append(el('h2', {}, t('pictures')), about,
    el('div', { class: 'wall' },
      el('section', { class: 'card' },
        el('div', { class: 'row filters', role: 'group', 'aria-label': t('show_of') }, buttons), chosen, tiles, none, more),
      el('section', { class: 'card' }, el('h3', {}, t('confusion')), matrix)));

  const made = new Map();
  const tile = (k) => {
    if (!made.has(k)) {
      const sheet = el('canvas', { 'aria-hidden': 'true' });
      store.pictures.then((bytes) => bytes && paint(sheet, bytes, k, pictures));
      const caption = el('span', {});
      made.set(k, { node: el('li', { class: 'tile' }, sheet, caption), caption });
    }
    return made.get(k);
  };
  const answer = (k) => {
    const { classes: says, sure } = store.look.answers;
    return { says: says[k], sure: sure[k] / 1000, is: pictures.classes[k], right: says[k] === pictures.classes[k] };
  };

  /** The pictures of the filter, or of a cell of the matrix, in order. */
  const wanted = () => {
    const all = pictures.classes.map((_, k) => ({ k, ...answer(k) }));
    if (cell) return all.filter((p) => p.is === cell.is && p.says === cell.says).sort((a, b) => b.sure - a.sure);
    return {
      all: () => all,
      right: () => all.filter((p) => p.right),
      wrong: () => all.filter((p) => !p.right),
      least_sure: () => [...all].sort((a, b) => a.sure - b.sure),
      most_sure_wrong: () => all.filter((p) => !p.right).sort((a, b) => b.sure - a.sure),
    }[filter]();
  };

  const arrange = () => {
    if (!store.look?.answers) return;
    const list = wanted();
    const shown = list.slice(0, most);
    const nodes = shown.map(({ k, says, sure, is, right }) => {
      const { node, caption } = tile(k);
      node.classList.toggle('wrong', !right);
      const text = `${right ? '' : '✗ '}${classes[says]} ${percent(sure, 0)}`;
      if (caption.textContent !== text) caption.textContent = text;
      const label = t('picture_is', { a: classes[is], b: classes[says], p: percent(sure, 0) });
      if (node.title !== label) node.title = label;
      return node;
    });
    if (nodes.length !== tiles.children.length || nodes.some((node, i) => tiles.children[i] !== node)) tiles.replaceChildren(...nodes);
    none.hidden = list.length > 0;
    more.hidden = list.length <= most;
    more.textContent = t('more', { n: list.length - most });
    chosen.hidden = !cell;
    if (cell) {
      chosen.replaceChildren(el('span', {}, t('cell_shown', { a: classes[cell.is], b: classes[cell.says] })),
        el('button', { type: 'button', onclick: () => { cell = null; arrange(); } }, t('show_all')));
    }
  };

  const count = () => {
    const { confusion } = store.look.answers;
    const greatest = Math.max(1, ...confusion.flat());
    const focused = matrix.contains(document.activeElement) ? document.activeElement.dataset.cell : null;
    matrix.replaceChildren(el('table', { class: 'matrix' },
      el('caption', {}, `${t('actual')} ↓ · ${t('predicted')} →`),
      el('thead', {}, el('tr', {}, el('td', {}), classes.map((name) => el('th', { scope: 'col' }, name)))),
      el('tbody', {}, confusion.map((row, is) => el('tr', {}, el('th', { scope: 'row' }, classes[is]), row.map((n, says) => el('td', {},
        el('button', {
          type: 'button',
          'data-cell': `${is},${says}`,
          class: is === says ? 'cell diagonal' : 'cell',
          'aria-label': t('open_cell', { a: classes[is], b: classes[says], n }),
          onclick: () => { cell = { is, says }; most = PAGE; arrange(); },
        }, n))))))));
    matrix.querySelectorAll('button').forEach((b) => {
      const [is, says] = b.dataset.cell.split(',').map(Number);
      b.style.setProperty('--share', confusion[is][says] / greatest);
      if (b.dataset.cell === focused) b.focus({ preventScroll: true });
    });
  };

  return {
    take(fresh) {
      if (!fresh.has('look') || !store.look?.answers) return;
      const { step, answers } = store.look;
      about.textContent = t('pictures_about', { a: pictures.count, b: pictures.of, part: t(pictures.part), s: step.toLocaleString('en'), acc: percent(answers.accuracy) });
      // Whoever points at a picture shall not lose it.
      if (!tiles.matches(':hover') || tiles.children.length === 0) arrange();
      if (!matrix.matches(':hover')) count();
      else if (!matrix.firstChild) count();
    },
  };
}
