// The settings of a small network on two inputs, as a form; and what of them suits what.

import { el } from '../../dom.js';
import { icon } from './icons.js';

/** What is taken where the address says nothing. */
export const DEFAULTS = {
  data: 'circle', points: '', holdout: '0', noise: '0.05', examples: '200', features: 'x,y',
  net: 'dense 8 tanh, dense 1 sigmoid', loss: 'binary_cross_entropy', optimizer: 'adam', lr: '', batch: '16', l2: '0', l1: '0', seed: '1',
};

/** The settings of an address, and nothing else of it: what the program is asked to set up. */
export function chosen(state, own = []) {
  const known = [...Object.keys(DEFAULTS), ...own];
  const pairs = Object.entries(state).filter(([key, value]) => known.includes(key) && value !== '');
  return Object.fromEntries(pairs);
}

export const WORDS = {
  data: { en: 'Data', zh: '数据' },
  own: { en: 'Your points', zh: '自己的点' },
  noise: { en: 'Noise', zh: '噪声' },
  examples: { en: 'Examples', zh: '样本数' },
  features: { en: 'The network sees', zh: '网络的输入' },
  net: { en: 'Network', zh: '网络' },
  loss: { en: 'Loss', zh: '损失函数' },
  optimizer: { en: 'Optimizer', zh: '优化器' },
  lr: { en: 'Learning rate η', zh: '学习率 η' },
  batch: { en: 'Batch', zh: '批大小' },
  l2: { en: 'L2', zh: 'L2' },
  l1: { en: 'L1', zh: 'L1' },
  seed: { en: 'Seed', zh: '随机种子' },
  dice: { en: 'another seed', zh: '换一个种子' },
  paste: { en: 'x, y, label in each line: click into the picture, or paste a table here', zh: '每行 x, y, 标签：在图中点击，或把表格粘贴到这里' },
  holdout: { en: 'Kept for the test', zh: '留作测试的比例' },
  clear: { en: 'Remove all', zh: '全部删除' },
  circle: { en: 'Circle', zh: '圆' },
  xor: { en: 'XOR', zh: '异或' },
  moons: { en: 'Moons', zh: '双月' },
  spiral: { en: 'Spiral', zh: '螺旋' },
  gaussians: { en: 'Two clouds', zh: '两团' },
  pinwheel: { en: 'Three classes', zh: '三类' },
  plane: { en: 'Values: plane', zh: '回归：平面' },
  saddle: { en: 'Values: saddle', zh: '回归：鞍面' },
  all: { en: 'all', zh: '全部' },
  slower: { en: 'a third', zh: '三分之一' },
  faster: { en: 'three times', zh: '三倍' },
};

/** The data, and what they ask for. */
export const SHAPES = [
  ['circle', 2], ['xor', 2], ['moons', 2], ['spiral', 2], ['gaussians', 2], ['pinwheel', 3], ['plane', 0], ['saddle', 0],
];
const FEATURES = [['x', 'x'], ['y', 'y'], ['xx', 'x²'], ['yy', 'y²'], ['xy', 'xy'], ['sinx', 'sin πx'], ['siny', 'sin πy']];

/** Changes that make the network's end and the loss suit so many classes (0: values), where they do not. */
export function suit(state, classes) {
  const now = { ...DEFAULTS, ...state };
  const layers = now.net.split(',').map((layer) => layer.trim());
  const [ends, loss] = classes === 0 ? ['dense 1', 'squared_error']
    : classes === 2 ? ['dense 1 sigmoid', 'binary_cross_entropy'] : [`dense ${classes} softmax`, 'softmax_cross_entropy'];
  const isClasses = now.loss.endsWith('cross_entropy');
  const last = layers.at(-1);
  const fits = classes === 0 ? !isClasses && /^dense 1(?! sigmoid)/.test(last)
    : classes === 2 ? /^dense (1 |2 softmax)/.test(`${last} `) && !(last === 'dense 1')
      : new RegExp(`^dense ${classes}\\b`).test(last);
  return fits ? {} : { net: [...layers.slice(0, -1), ends].join(', '), loss };
}

/**
 * The form, in `host`. `change(changes)` is told of every change; `say` chooses the language.
 * Returned: `show(state)` fills it in, `rate(η)` says what is taken where nothing is written.
 */
export function settings(host, { say, change }) {
  const w = (key) => say(WORDS[key]);
  const fields = {};
  const label = (key, ...inside) => el('label', { class: 'field' }, el('span', {}, w(key)), ...inside);
  const text = (key, more = {}) => {
    const field = el('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', 'aria-label': w(key), ...more, onchange: () => change({ [key]: field.value }) });
    fields[key] = field;
    return field;
  };
  const long = (key) => {
    const field = el('textarea', { rows: 2, class: 'mono', spellcheck: 'false', onchange: () => change({ [key]: field.value.replaceAll('\n', ' ').trim() }),
      onkeydown: (event) => { if (event.key === 'Enter') { event.preventDefault(); field.blur(); } } });
    fields[key] = field;
    return field;
  };
  const number = (key, more) => text(key, { inputmode: 'decimal', ...more });
  const choice = (key) => {
    const field = el('select', { onchange: () => change({ [key]: field.value }) }, el('option', {}, DEFAULTS[key]));
    fields[key] = field;
    return field;
  };
  const tiles = [...SHAPES.map(([name, count]) => [name, count]), ['own', null]].map(([name, count]) => {
    const tile = el('button', {
      type: 'button', class: 'data-tile', title: w(name), 'aria-label': w(name), 'aria-pressed': 'false',
      onclick: () => change({ data: name, ...(count === null ? {} : suit(current, count)) }),
    }, icon(name), el('span', {}, w(name)));
    tile.dataset.name = name;
    return tile;
  });
  const sees = FEATURES.map(([name, formula]) => {
    const chip = el('button', { type: 'button', class: 'pick-chip', 'aria-pressed': 'false', onclick: () => {
      const now = (current.features || DEFAULTS.features).split(',');
      const next = FEATURES.map(([n]) => n).filter((n) => (n === name ? !now.includes(n) : now.includes(n)));
      if (next.length) change({ features: next.join(',') });
    } }, formula);
    chip.dataset.name = name;
    return chip;
  });
  const noise = el('input', { type: 'range', min: 0, max: 0.5, step: 0.01, 'aria-label': w('noise'), onchange: () => change({ noise: noise.value }) });
  const shown = el('output', {});
  noise.addEventListener('input', () => { shown.textContent = noise.value; });
  const points = el('textarea', { rows: 4, spellcheck: 'false', placeholder: '0.5, -0.2, 1', 'aria-label': w('paste'), onchange: () => change({ points: points.value.trim().replaceAll('\n', ';') }) });
  const list = el('datalist', {});
  list.id = `optimizers-${Math.random().toString(36).slice(2)}`;
  const times = (factor) => () => {
    const now = Number(fields.lr.value || fields.lr.placeholder);
    if (now > 0) change({ lr: String(Number((now * factor).toPrecision(1))) });
  };
  const drawn = el('div', { class: 'pair' },
    el('label', { class: 'field' }, el('span', {}, w('noise'), ' ', shown), noise),
    label('examples', number('examples')));
  const own = el('div', { class: 'own', hidden: true },
    el('label', { class: 'field' }, el('span', {}, w('paste')), points),
    el('div', { class: 'pair' }, label('holdout', number('holdout')),
      el('button', { type: 'button', onclick: () => change({ points: '' }) }, w('clear'))));
  let current = {};
  host.append(
    el('fieldset', {}, el('legend', {}, w('data')), el('div', { class: 'data-tiles' }, tiles), drawn, own),
    el('fieldset', {}, el('legend', {}, w('features')), el('div', { class: 'pick-chips' }, sees)),
    el('fieldset', {}, el('legend', {}, w('net')),
      label('net', long('net')),
      label('loss', choice('loss'))),
    el('fieldset', {}, el('legend', {}, w('optimizer')),
      label('optimizer', text('optimizer', { class: 'mono', list: list.id }), list),
      el('label', { class: 'field' }, el('span', {}, w('lr')), el('span', { class: 'rate' },
        el('button', { type: 'button', title: w('slower'), onclick: times(1 / 3) }, '÷ 3'), number('lr'),
        el('button', { type: 'button', title: w('faster'), onclick: times(3) }, '× 3'))),
      el('div', { class: 'pair' }, label('batch', text('batch')),
        el('label', { class: 'field' }, el('span', {}, w('seed')), el('span', { class: 'rate' }, number('seed'),
          el('button', { type: 'button', 'aria-label': w('dice'), title: w('dice'), onclick: () => change({ seed: String(Number(fields.seed.value || 1) + 1) }) }, '⟳'))),
        label('l2', number('l2')), label('l1', number('l1')))),
  );
  return {
    show(state) {
      current = state;
      const now = { ...DEFAULTS, ...state };
      for (const [key, field] of Object.entries(fields)) if (field !== document.activeElement || field.value !== now[key]) field.value = now[key];
      tiles.forEach((tile) => tile.setAttribute('aria-pressed', String(tile.dataset.name === now.data)));
      const list = now.features.split(',');
      sees.forEach((chip) => chip.setAttribute('aria-pressed', String(list.includes(chip.dataset.name))));
      noise.value = now.noise;
      shown.textContent = now.noise;
      points.value = now.points.replaceAll(';', '\n');
      drawn.hidden = now.data === 'own';
      own.hidden = now.data !== 'own';
    },
    /** η where none is written. */
    rate(rate) { fields.lr.placeholder = String(rate); },
    /** What can be chosen by name. */
    lists({ losses, optimizers }) {
      const now = { ...DEFAULTS, ...current };
      const names = losses.includes(now.loss) ? losses : [...losses, now.loss];
      fields.loss.replaceChildren(...names.map((name) => el('option', { value: name }, name.replaceAll('_', ' '))));
      fields.loss.value = now.loss;
      list.replaceChildren(...optimizers.map((name) => el('option', { value: name })));
    },
  };
}
