// The loss around a real network: a slice through the space of its weights, with the paths of several optimizers.

import { el } from '../dom.js';
import { COMMON } from './common-words.js';
import { heat, lines, round } from '../charts.js';
import { fill } from './controls.js';
import { DEFAULTS, chosen, settings } from './small/settings.js';

const TEXT = {
  ...COMMON,
  racers: { en: 'Optimizers, one a line, each with its rate', zh: '优化器，每行一个，各带学习率' },
  grid: { en: 'Grid', zh: '网格' },
  directions: { en: 'Directions', zh: '方向' },
  principal: { en: 'principal: where the paths go', zh: '主方向：路径所走的方向' },
  random: { en: 'random, filter by filter', zh: '随机，按滤波器归一' },
  map: { en: 'Loss on the slice', zh: '切面上的损失' },
  curves: { en: 'Loss on the way', zh: '沿途的损失' },
  first: { en: 'along the first direction', zh: '沿第一方向' },
  second: { en: 'along the second', zh: '沿第二方向' },
  loss: { en: 'loss', zh: '损失' },
  log: { en: 'ln of the loss', zh: '损失的对数' },
  racing: { en: 'Racing: {p} %', zh: '正在赛跑：{p} %' },
  mapping: { en: 'Drawing the map: {p} %', zh: '正在画图：{p} %' },
  explained: {
    en: 'The map is a flat cut through a space of {n} dimensions. Along its two directions lie {a} % and {b} % of what the paths do.',
    zh: '这张图是 {n} 维空间的一个平面切片。两个方向上分别有路径运动的 {a} % 和 {b} %。',
  },
  unexplained: {
    en: 'The map is a flat cut through a space of {n} dimensions, along two random directions: units are the lengths of the network’s own filters. Paths hardly move over it, as random directions stand nearly at right angles to them.',
    zh: '这张图是 {n} 维空间中沿两个随机方向的平面切片，单位是网络自身滤波器的长度。随机方向几乎与路径垂直，所以路径在图上几乎不动。',
  },
  name: { en: 'optimizer', zh: '优化器' },
  ends: { en: 'ends at', zh: '终点损失' },
  shown: { en: 'the map shows', zh: '图上显示' },
  off: { en: 'off the plane', zh: '偏离平面' },
  start: { en: 'start', zh: '起点' },
  here: { en: 'at ({x}, {y}) the loss is {v}', zh: '在 ({x}, {y}) 处损失为 {v}' },
  stopped: { en: 'stopped', zh: '已停止' },
};

const OWN = ['optimizers', 'steps', 'grid', 'directions'];
const FIRST = { optimizers: 'sgd lr=0.3; momentum lr=0.1; adam lr=0.02', steps: '400', grid: '41', directions: 'principal' };

export default {
  title: { en: 'Loss landscape', zh: '损失地形' },
  about: {
    en: 'The loss around a real network, on a slice through its weights, with the ways that several optimizers take from the same start.',
    zh: '真实网络周围的损失：在权重空间的一个切面上，画出几种优化器从同一起点走过的路。',
  },
  mount(element, given, api) {
    const say = (key, values = {}) => fill(api.say(TEXT[key]), values);
    let state = { ...given };
    let turn = 0;
    let dead = false;
    element.classList.add('landscape');
    const racers = el('textarea', { rows: 4, spellcheck: 'false', class: 'mono', onchange: () => change({ optimizers: racers.value.split('\n').map((l) => l.trim()).filter(Boolean).join('; ') }) });
    const steps = el('input', { type: 'text', inputmode: 'numeric', onchange: () => change({ steps: steps.value }) });
    const grid = el('input', { type: 'text', inputmode: 'numeric', onchange: () => change({ grid: grid.value }) });
    const ways = el('select', { onchange: () => change({ directions: ways.value }) }, ['principal', 'random'].map((w) => el('option', { value: w }, say(w))));
    const field = (key, input) => el('label', { class: 'field' }, el('span', {}, say(key)), input);
    const race = el('div', { class: 'card small-settings' }, field('racers', racers), field('directions', ways), el('div', { class: 'pair' }, field('steps', steps), field('grid', grid)));
    const inner = el('div', { class: 'small-settings inner' });
    const more = el('details', { class: 'card' }, el('summary', {}, say('network')), inner);
    const progress = el('progress', { max: 1, value: 0 });
    const status = el('p', { class: 'under', role: 'status' });
    const place = el('section', { class: 'card' });
    const curve = el('section', { class: 'card' });
    const table = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': say('name') });
    const words = el('p', { class: 'map-words' });
    element.append(el('div', { class: 'layout' }, el('div', { class: 'middle' }, race, more), place, el('div', { class: 'middle' }, curve)));
    const map = heat(place, {
      name: 'landscape', title: say('map'),  aspect: 1, x: { label: say('first') }, y: { label: say('second') },
      pick: (x, y) => { status.textContent = reading(x, y); },
    });
    place.prepend(progress);
    place.append(status, words);
    const chart = lines(curve, { name: 'losses', title: say('curves'), x: { label: say('step') }, y: { label: say('loss'), log: true }, height: 260 });
    curve.append(table);
    const form = settings(inner, { say: api.say, change });
    let shown = null;

    function reading(x, y) {
      if (!shown) return '';
      const { side, values, x: [a, b], y: [c, d] } = shown;
      const cell = (v, from, to) => Math.max(0, Math.min(side - 1, Math.floor(((v - from) / (to - from)) * side)));
      return say('here', { x: round(x, 3), y: round(y, 3), v: round(values[cell(y, c, d) * side + cell(x, a, b)], 4) });
    }

    function change(changes) {
      state = { ...state, ...changes };
      for (const [key, value] of Object.entries(state)) if (value === '' || value === DEFAULTS[key] || value === FIRST[key]) delete state[key];
      api.set(Object.fromEntries([...Object.keys(DEFAULTS), ...OWN].map((key) => [key, state[key] ?? null])));
      open();
    }

    async function open() {
      const here = ++turn;
      const now = { ...FIRST, ...state };
      racers.value = now.optimizers.split(';').map((l) => l.trim()).join('\n');
      [steps.value, grid.value, ways.value] = [now.steps, now.grid, now.directions];
      form.show(state);
      progress.hidden = false;
      progress.value = 0;
      try {
        const session = await api.session('landscape', chosen(state, OWN));
        api.fail(null);
        for (;;) {
          const answer = await session.ask({ milliseconds: 150 });
          if (dead || here !== turn) return;
          form.lists(answer.lists);
          const { race: r, map: m } = answer.progress;
          progress.value = (r + m) / 2;
          status.textContent = r < 1 ? say('racing', { p: Math.round(100 * r) }) : say('mapping', { p: Math.round(100 * m) });
          if (answer.done) { draw(answer); return; }
        }
      } catch (error) {
        if (!dead && here === turn) { progress.hidden = true; status.textContent = ''; api.fail(error); }
      }
    }

    /** Lines at every fifteenth of the span. */
    function levels(values) {
      const finite = values.filter(Number.isFinite);
      const [low, high] = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
      return Array.from({ length: 14 }, (_, k) => low + ((k + 1) / 15) * (high - low));
    }

    function draw({ map: slice, paths }) {
      progress.hidden = true;
      status.textContent = '';
      shown = { ...slice, values: api.unpack(slice.values) };
      const logs = shown.values.map((v) => Math.log(v));
      map.update({
        title: `${say('map')} (${say('log')})`,
        columns: slice.side, rows: slice.side, values: logs, contours: levels(logs),
        x: { label: say('first'), range: slice.x }, y: { label: say('second'), range: slice.y },
        paths: paths.map((p, i) => ({ name: p.name, x: p.x, y: p.y, colour: [1, 3, 4, 7, 2, 6][i] })),
        points: [{ x: paths[0].x[0], y: paths[0].y[0], colour: 6, label: say('start'), r: 5 }],
      });
      chart.update({ series: paths.map((p, i) => ({ name: p.name, x: p.step, y: p.loss, colour: [1, 3, 4, 7, 2, 6][i] })) });
      const percent = (v) => Math.round(1000 * v) / 10;
      words.textContent = slice.explained
        ? say('explained', { n: slice.weights, a: percent(slice.explained[0]), b: percent(slice.explained[1]) })
        : say('unexplained', { n: slice.weights });
      const at = (p) => {
        const cell = (v, [from, to]) => Math.max(0, Math.min(slice.side - 1, Math.floor(((v - from) / (to - from)) * slice.side)));
        return shown.values[cell(p.y.at(-1), slice.y) * slice.side + cell(p.x.at(-1), slice.x)];
      };
      table.replaceChildren(el('table', {}, el('thead', {}, el('tr', {}, ['name', 'ends', 'shown', 'off'].map((h) => el('th', { scope: 'col' }, say(h))))),
        el('tbody', {}, paths.map((p) => el('tr', {}, el('th', { scope: 'row' }, p.name, p.halted ? ` (${say('stopped')})` : ''),
          el('td', {}, round(p.loss.at(-1), 3)), el('td', {}, round(at(p), 3)), el('td', {}, `${percent(p.off.at(-1))} %`))))));
    }

    open();
    return {
      unmount() {
        dead = true;
        turn += 1;
        map.destroy();
        chart.destroy();
      },
    };
  },
};
