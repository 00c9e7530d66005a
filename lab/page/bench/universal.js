// Universal approximation: a hidden layer of n ReLUs takes after a function that was typed or drawn; its pieces add up.

import { colour, lines, round } from '../charts.js';
import { COMMON } from './common-words.js';
import { el, svg } from '../dom.js';
import { asker, calm, field, fill, select, slider, trouble } from './controls.js';
import { maths } from './math.js';
import { player } from './player.js';

const WORDS = {
  ...COMMON,
  title: { en: 'Universal approximation', zh: '万能近似' },
  about: {
    en: 'Type or draw a function. One hidden layer of ReLUs takes after it: each adds a straight line with one bend.',
    zh: '输入或画出一个函数。一层 ReLU 隐藏层去逼近它：每个神经元贡献一条带一个拐点的折线。',
  },
  f: { en: 'Function of x', zh: '关于 x 的函数' },
  draw: { en: 'Draw it yourself', zh: '自己画' },
  drawing: { en: 'Draw on the chart, from left to right; let go to learn it.', zh: '在图上从左到右画出函数；松开后开始学习。' },
  drawn: { en: 'a drawn function', zh: '手绘的函数' },
  typed: { en: 'Back to the formula', zh: '回到公式' },
  n: { en: 'ReLUs in the hidden layer, n', zh: '隐藏层 ReLU 个数 n' },
  rate: { en: 'Learning rate η (falls to 0)', zh: '学习率 η（逐渐降为 0）' },
  another: { en: 'Another start', zh: '换一个起点' },
  kinks: { en: 'Where bends start', zh: '拐点初始位置' },
  spread: { en: 'anywhere', zh: '随机分布' },
  zero: { en: 'all at x = 0 (biases 0)', zh: '都在 x = 0（偏置为 0）' },
  chart: { en: 'The function and the network', zh: '函数与网络' },
  pieces: { en: 'The pieces that add up: c + Σ v relu(w x + b)', zh: '相加的各部分：c + Σ v relu(w x + b)' },
  wanted: { en: 'wanted', zh: '目标' },
  trained: { en: 'found by training', zh: '训练得到' },
  built: { en: 'written down', zh: '直接构造' },
  bias: { en: 'bias c', zh: '偏置 c' },
  sum: { en: 'sum', zh: '总和' },
  neuron: { en: 'neuron {k}', zh: '神经元 {k}' },
  which: { en: 'Pieces of', zh: '显示哪一组的部分' },
  first: { en: 'add up the first', zh: '相加前几个' },
  loss: { en: 'Error while training', zh: '训练中的误差' },
  widths: { en: 'Error against n', zh: '误差与 n 的关系' },
  measure: { en: 'Measure it: n = 1, 2, 4, … 64, three starts each', zh: '测量：n = 1、2、4、… 64，各三个起点' },
  measuring: { en: 'Training 21 networks …', zh: '正在训练 21 个网络……' },
  three: { en: 'trained, start {k}', zh: '训练，起点 {k}' },
  error: { en: 'mean squared error', zh: '均方误差' },
  after: { en: 'step {k}', zh: '第 {k} 步' },
  exists: {
    en: 'Weights that do it exist: written down, n ReLUs meet the function at n + 1 knots, with error {built}. What training has found: {trained}. {which}',
    zh: '能做到的权重是存在的：直接构造时，n 个 ReLU 在 n + 1 个节点处与函数相合，误差 {built}。训练找到的误差为 {trained}。{which}',
  },
  better: { en: 'Training does better here: it may put its bends where they are needed.', zh: '这里训练更好：它可以把拐点放在需要的地方。' },
  worse: { en: 'Training does worse here: that weights exist does not mean that they are found.', zh: '这里训练较差：权重存在，并不意味着能被找到。' },
  dead: { en: '{n} of its ReLUs are dead: 0 on the whole stretch, so that no slope reaches them.', zh: '其中 {n} 个 ReLU 已死亡：在整个区间上为 0，没有梯度能到达它们。' },
};

const DEFAULTS = { f: 'sin(2x) + cos(5x)/2', drawn: '', on: '-2,2', n: '12', optimizer: 'adam', lr: '0.02', steps: '3000', kinks: 'spread', seed: '1' };
const EXAMPLES = ['sin(2x) + cos(5x)/2', 'x^2', '|x|', 'exp(-4x^2)', 'sin(5x)*exp(-|x|)', 'tanh(8x)', 'relu(x) - relu(x-1)', 'cos(8x)*exp(-x^2)'];

function mount(element, state, api) {
  const words = (key, values) => fill(api.say(WORDS[key]), values ?? {});
  const wrong = trouble(api);
  const ask = asker(api, 'universal');
  const askWidths = asker(api, 'universal');
  const own = { ...DEFAULTS, ...state };
  let found = null;
  let gone = false;
  let which = 'trained';
  let sketch = null;

  const chartPlace = el('div', {});
  const piecePlace = el('div', {});
  const lossPlace = el('div', {});
  const widthPlace = el('div', { hidden: true });
  const chart = lines(chartPlace, { title: words('chart'), name: 'universal', height: 330, x: { label: 'x' }, y: {}, drawn: prepare });
  const pieces = lines(piecePlace, { title: words('pieces'), name: 'pieces', height: 300, x: { label: 'x' }, y: {} });
  const loss = lines(lossPlace, { title: words('loss'), name: 'universal-loss', height: 220, x: { label: words('step'), log: true }, y: { label: words('error'), log: true } });
  const widths = lines(widthPlace, { title: words('widths'), name: 'widths', height: 260, x: { label: 'n', log: true }, y: { label: words('error'), log: true } });
  const play = player(api, { show, name: (k) => words('after', { k: found?.frames[k]?.step ?? 0 }), speed: 12 });

  const text = el('input', { type: 'text', class: 'formula', spellcheck: 'false', autocomplete: 'off', maxlength: 400, value: own.f });
  const typed = () => change({ f: text.value.trim(), drawn: '' });
  text.addEventListener('change', typed);
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter') typed(); });
  const pick = select([['', '…'], ...EXAMPLES.map((f) => [f, f])], '', (f) => { if (f) { text.value = f; typed(); } });
  const hand = el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => arm(sketch === null) }, words('draw'));
  const again = el('button', { type: 'button', hidden: true, onclick: typed }, words('typed'));
  const formula = el('div', { class: 'formulas' });
  const verdict = el('p', { class: 'hint' });
  const optimizer = el('input', { type: 'text', class: 'formula', spellcheck: 'false', autocomplete: 'off', value: own.optimizer, onchange: () => change({ optimizer: optimizer.value.trim() }) });
  const later = calm(() => refresh(), 120);
  const slide = (key, low, high, more) => slider({ name: words(more.word ?? key), low, high, value: Number(own[key]), ...more, oninput: (v) => { own[key] = String(v); later(); } });
  const n = slide('n', 1, 64, { whole: true });
  const lr = slide('lr', 1e-4, 1, { log: true, word: 'rate' });
  const steps = slide('steps', 10, 20000, { log: true, whole: true });
  const kinks = select([['spread', words('spread')], ['zero', words('zero')]], own.kinks, (v) => change({ kinks: v }));
  const whose = select([['trained', words('trained')], ['built', words('built')]], which, (v) => { which = v; show(play.at()); });
  const measure = el('button', { type: 'button', onclick: measureWidths }, words('measure'));
  const fewPlace = el('div', { class: 'few' });
  let added = 0;

  element.append(el('div', { class: 'ideas' },
    el('div', { class: 'column' }, el('section', { class: 'card stage' }, chartPlace, play.element, verdict),
      el('section', { class: 'card pieces' }, el('div', { class: 'row' }, field(words('which'), whose), fewPlace), piecePlace)),
    el('div', { class: 'column' }, el('section', { class: 'card setup' }, field(words('f'), text), wrong.element, field(words('choose'), pick), formula,
      el('div', { class: 'row' }, hand, again),
      n.element, field(words('optimizer'), optimizer), lr.element, steps.element, field(words('kinks'), kinks),
      el('button', { type: 'button', onclick: () => change({ seed: String((Number(own.seed) || 0) + 1) }) }, words('another'))),
      el('section', { class: 'card' }, lossPlace, el('hr', {}), widthPlace, measure))));

  function change(changes) {
    Object.assign(own, changes);
    refresh();
  }
  const texts = () => Object.fromEntries(Object.keys(DEFAULTS).map((k) => [k, own[k]]));
  const keep = calm(() => api.set(Object.fromEntries(Object.entries(texts()).map(([k, v]) => [k, v === DEFAULTS[k] ? null : v]))));

  async function refresh() {
    keep();
    arm(false);
    try {
      const answer = await ask({ ...texts(), drawn: own.drawn || null });
      if (!answer || gone) return;
      wrong.tell(null);
      const fresh = found === null;
      found = answer;
      take(fresh);
    } catch (error) {
      if (!gone) wrong.tell(error);
    }
  }

  function take(fresh) {
    again.hidden = !own.drawn;
    formula.replaceChildren(found.formula ? maths([found.formula, found.sum], words('reads')) : el('p', { class: 'soft' }, words('drawn')));
    const total = found.constructed.pieces.length;
    // As many pieces as there are neurons, all added up at first.
    const all = slider({ name: words('first'), low: 0, high: total, value: total, whole: true, oninput: (v) => { added = v; show(play.at()); } });
    fewPlace.replaceChildren(all.element);
    added = total;
    const ranges = [...found.wanted, ...found.constructed.answer];
    const [low, high] = [Math.min(...ranges), Math.max(...ranges)];
    own.range = [low - 0.25 * (high - low || 1), high + 0.25 * (high - low || 1)];
    const seen = found.frames.filter((f) => f.step > 0);
    loss.update({ series: [
      { name: words('trained'), x: seen.map((f) => f.step), y: seen.map((f) => f.loss ?? NaN), colour: 1 },
      { name: words('built'), x: seen.map((f) => f.step), y: seen.map(() => found.constructed.loss), colour: 2, dash: true },
    ] });
    const last = found.frames[found.frames.length - 1];
    const dead = last.pieces.filter((p) => p.kink === null && p.left === 0 && p.right === 0).length;
    const better = last.loss !== null && last.loss < found.constructed.loss;
    verdict.textContent = words('exists', { built: round(found.constructed.loss, 3), trained: round(last.loss, 3), which: words(better ? 'better' : 'worse') })
      + (dead ? ` ${words('dead', { n: dead })}` : '')
      + (found.cut_short ? ` ${words('cut')}` : '');
    const moving = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    play.count(found.frames.length - 1, fresh && moving ? 0 : found.frames.length - 1);
    if (fresh && moving) play.play();
  }

  /** A piece at all places: straight to its kink, straight from there. */
  const heights = (piece) => {
    const { xs } = found;
    const [low, high] = [xs[0], xs[xs.length - 1]];
    return xs.map((x) => {
      if (piece.kink === null) return piece.left + ((piece.right - piece.left) * (x - low)) / (high - low);
      if (x < piece.kink) return (piece.left * (piece.kink - x)) / (piece.kink - low);
      return piece.kink >= high ? 0 : (piece.right * (x - piece.kink)) / (high - piece.kink);
    });
  };

  function show(k) {
    if (!found) return;
    const frame = found.frames[k];
    const { xs: x, wanted, constructed } = found;
    chart.update({
      series: [
        { name: words('wanted'), x, y: wanted, colour: 6, width: 4 },
        { name: words('built'), x, y: constructed.answer, colour: 2, dash: true },
        { name: words('trained'), x, y: frame.answer.map((v) => v ?? NaN), colour: 1, width: 2.2 },
      ],
      y: { range: own.range },
    });
    loss.update({ marks: frame.step > 0 ? [{ x: frame.step }] : [] });
    const shown = which === 'trained' ? frame : constructed;
    const first = shown.pieces.slice().sort((a, b) => (a.kink ?? x[0]) - (b.kink ?? x[0])).slice(0, added);
    const all = first.map(heights);
    const sum = x.map((_, i) => all.reduce((s, h) => s + h[i], shown.bias));
    pieces.update({ series: [
      { name: words('wanted'), x, y: wanted, colour: 6, dash: true },
      ...all.map((y, i) => ({ name: words('neuron', { k: i + 1 }), x, y, colour: [0, 3, 4, 5, 7][i % 5], width: 1.2, faint: all.length > 10 })),
      { name: words('sum'), x, y: sum, colour: 1, width: 2.4 },
    ] });
  }

  async function measureWidths() {
    measure.disabled = true;
    measure.textContent = words('measuring');
    try {
      const answer = await askWidths({ ...texts(), drawn: own.drawn || null, widths: '1' });
      if (!answer || gone) return;
      widthPlace.hidden = false;
      widths.update({ series: [
        { name: words('built'), x: answer.n, y: answer.constructed, colour: 2, dots: true },
        ...[0, 1, 2].map((k) => ({ name: words('three', { k: k + 1 }), x: answer.n, y: answer.trained.map((of) => of[k] ?? NaN), colour: 1, dash: k > 0, dots: true, width: 1.4 })),
      ] });
    } catch (error) {
      if (!gone) wrong.tell(error);
    } finally {
      measure.disabled = false;
      measure.textContent = words('measure');
    }
  }

  /** Ready to be drawn on, or no more. */
  function arm(on) {
    // A chart that is drawn anew would take the pen away.
    if (on) play.stop();
    sketch = on ? [] : null;
    hand.setAttribute('aria-pressed', String(on));
    hand.textContent = words(on ? 'drawing' : 'draw');
    chartPlace.classList.toggle('armed', on);
  }

  function prepare({ plot, place }) {
    const drawing = plot.querySelector('svg');
    const line = svg('path', { class: 'chart-line', stroke: colour(3), 'stroke-width': 3 });
    drawing.append(line);
    const at = (event) => {
      const box = drawing.getBoundingClientRect();
      const px = Math.max(place.left, Math.min(place.right, event.clientX - box.left));
      return [px, event.clientY - box.top];
    };
    drawing.addEventListener('pointerdown', (event) => {
      if (!sketch) return;
      event.preventDefault();
      drawing.setPointerCapture(event.pointerId);
      sketch = [at(event)];
    });
    drawing.addEventListener('pointermove', (event) => {
      if (!sketch?.length) return;
      const [px, py] = at(event);
      // Each x once: what is drawn there last holds.
      sketch = [...sketch.filter(([x]) => Math.abs(x - px) > 3), [px, py]].sort((a, b) => a[0] - b[0]);
      line.setAttribute('d', `M${sketch.map((p) => p.join(',')).join('L')}`);
    });
    drawing.addEventListener('pointerup', () => {
      if (!sketch || sketch.length < 2) return;
      const points = sketch.map(([px, py]) => [place.sx.invert(px), place.sy.invert(py)].map((v) => Number(v.toFixed(3))).join(','));
      change({ drawn: points.join(';') });
    });
  }

  refresh();
  return {
    unmount() {
      gone = true;
      play.stop();
      keep.cancel();
      later.cancel();
      for (const drawing of [chart, pieces, loss, widths]) drawing.destroy();
    },
  };
}

export default { title: WORDS.title, about: WORDS.about, mount };
