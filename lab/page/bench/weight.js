// One weight under the glass: the formula of its slope with this step's numbers in it, the slope three ways, and what the
// optimizer makes of it.

import { el } from '../dom.js';
import { COMMON } from './common-words.js';
import { lines, mix, round } from '../charts.js';
import { wording } from '../messages.js';
import { fill } from './controls.js';
import { maths } from './math.js';
import { sign } from './player.js';
import { DEFAULTS, chosen, settings } from './small/settings.js';

const TEXT = {
  ...COMMON,
  weight: { en: 'Which weight', zh: '哪个权重' },
  next: { en: 'Next step', zh: '下一步' },
  ten: { en: 'Ten steps', zh: '十步' },
  slope: { en: 'The formula of its slope', zh: '它的导数公式' },
  slope_about: {
    en: 'Derived by hand, as the rules of differentiation say, for one example. Below, the same with the numbers of this step.',
    zh: '按求导法则手工推导，针对一个样本。下面是代入本步数值的同一公式。',
  },
  example: { en: 'Example of the batch', zh: '批中的样本' },
  where: { en: 'where', zh: '其中' },
  for_example: { en: 'for this example: {v}', zh: '此样本的值：{v}' },
  examples: { en: 'Slopes of all examples of the batch; their mean is the slope of the step', zh: '批中各样本的导数，其平均就是本步的导数' },
  three: { en: 'The same slope, three ways', zh: '同一导数，三种求法' },
  three_about: {
    en: 'They share nothing but the network: a formula, differences of the loss, and one way back through all layers.',
    zh: '它们除了网络之外毫无共同之处：公式、损失的差分，以及逐层的反向传播。',
  },
  way: { en: 'way', zh: '方法' },
  value: { en: '∂L/∂w of the batch', zh: '该批的 ∂L/∂w' },
  difference: { en: 'from backpropagation', zh: '与反向传播之差' },
  by_hand: { en: 'derived by hand', zh: '手工推导' },
  central_difference: { en: 'central difference, 16 digits', zh: '中心差分，16 位' },
  forward_difference: { en: 'forward difference, 16 digits', zh: '前向差分，16 位' },
  central_difference_f32: { en: 'central difference, 7 digits', zh: '中心差分，7 位' },
  backpropagation: { en: 'backpropagation', zh: '反向传播' },
  made_of: { en: '({a} − {b}) / {h}', zh: '({a} − {b}) / {h}' },
  curve: { en: 'The loss over this weight alone', zh: '损失随此权重的变化' },
  curve_loss: { en: 'loss of the batch', zh: '该批的损失' },
  tangent: { en: 'its slope here', zh: '此处的切线' },
  now: { en: 'now', zh: '现在' },
  then: { en: 'after the step', zh: '一步之后' },
  optimizer: { en: 'What the optimizer makes of it', zh: '优化器如何使用它' },
  symbol: { en: 'symbol', zh: '符号' },
  before: { en: 'before', zh: '之前' },
  after: { en: 'after', zh: '之后' },
  change: { en: 'change', zh: '变化' },
  rate: { en: 'learning rate', zh: '学习率' },
  seen: { en: 'the slope it sees', zh: '它看到的导数' },
  seen_l2: { en: 'the slope with L2 and L1 added', zh: '加上 L2 与 L1 之后的导数' },
  this: { en: 'the weight', zh: '权重' },
  around: { en: 'around it', zh: '外层' },
  bias_of: { en: 'bias of neuron {to}', zh: '神经元 {to} 的偏置' },
  from_to: { en: 'from {from} to neuron {to}', zh: '从 {from} 到神经元 {to}' },
  neuron: { en: 'neuron {n}', zh: '神经元 {n}' },
  diverged: { en: 'The next step diverges: lower the learning rate.', zh: '下一步将发散：请降低学习率。' },
  play: { en: 'In the playground', zh: '到游乐场' },
  layer: { en: 'layer {n}', zh: '第 {n} 层' },
};

const FIRST = { net: 'dense 3 tanh, dense 1 sigmoid', data: 'xor', batch: '4', lr: '0.1' };

export default {
  title: { en: 'One weight under the glass', zh: '放大镜下的一个权重' },
  about: {
    en: 'Pick a weight: see the formula of its slope with the numbers in it, find the slope three ways, and watch the optimizer use it.',
    zh: '挑选一个权重：看它的导数公式和代入的数值，用三种方法求出导数，再看优化器如何使用它。',
  },
  mount(element, given, api) {
    const say = (key, values = {}) => fill(api.say(TEXT[key]), values);
    // Without a network of its own it starts with one small enough to read.
    let state = given.net || given.data ? { ...given } : { ...FIRST, ...given };
    let session = null;
    let look = null;
    let dead = false;
    let turn = 0;
    let example = 0;
    element.classList.add('glass');
    const button = (key, sign, action, more = {}) => el('button', { type: 'button', title: say(key), 'aria-label': say(key), onclick: action, ...more }, sign);
    const place = el('output', { class: 'standing' });
    const reset = button('reset', sign('first'), () => ask({ to: 0 }));
    const back = button('back', sign('back'), () => ask({ by: -1 }));
    const next = el('button', { type: 'button', class: 'primary', onclick: () => ask({ by: 1 }) }, say('next'));
    const ten = el('button', { type: 'button', onclick: () => ask({ by: 10 }) }, say('ten'));
    const link = el('a', {}, say('play'));
    const bar = el('div', { class: 'card steps-bar', role: 'toolbar', 'aria-label': say('next') }, el('div', { class: 'group' }, reset, back), next, ten, link, place);
    const note = el('p', { class: 'halt-note', role: 'status', hidden: true });
    const pick = el('section', { class: 'card picker' });
    const inner = el('div', { class: 'small-settings inner' });
    const more = el('details', { class: 'card' }, el('summary', {}, say('network')), inner);
    const formula = el('section', { class: 'card math' });
    const three = el('section', { class: 'card' });
    const rule = el('section', { class: 'card rule-card' });
    const bend = el('section', { class: 'card' });
    element.append(bar, note, el('div', { class: 'layout' }, el('div', { class: 'middle' }, pick, more), el('div', { class: 'middle' }, formula, three, el('div', { class: 'beside' }, bend, rule))));
    const form = settings(inner, { say: api.say, change });
    const chart = lines(bend, { name: 'one-weight', title: say('curve'), height: 270, x: { label: 'w' }, y: {} });

    function change(changes) {
      state = { ...state, ...changes };
      delete state.step;
      for (const [key, value] of Object.entries(state)) if (value === '') delete state[key];
      api.set(Object.fromEntries([...Object.keys(DEFAULTS), 'weight', 'step'].map((key) => [key, state[key] ?? null])));
      open();
    }

    async function open() {
      const here = ++turn;
      form.show(state);
      session = null;
      try {
        const settings = chosen(state, ['weight']);
        const opened = await api.session('weight', settings).catch((error) => {
          // Another network may have fewer weights than the one pointed at.
          if (settings.weight && /weight = /.test(error.message)) return api.session('weight', { ...settings, weight: '0' });
          throw error;
        });
        if (dead || here !== turn) return;
        api.fail(null);
        session = opened;
        await ask({ to: Math.max(0, Math.floor(Number(state.step) || 0)) });
      } catch (error) {
        if (!dead && here === turn) api.fail(error);
      }
    }

    async function ask(question) {
      if (!session) return;
      const here = turn;
      try {
        let answer = await session.ask({ milliseconds: 2000, example, ...question });
        for (let i = 0; i < 50 && !answer.arrived && question.to; i += 1) answer = await session.ask({ milliseconds: 2000, example, to: question.to });
        if (dead || here !== turn) return;
        look = answer;
        state.weight = String(look.weight);
        api.set({ weight: state.weight, step: look.place.step ? String(look.place.step) : null });
        draw();
      } catch (error) {
        if (error.status === 404) { state.step = look ? String(look.place.step) : undefined; open(); } else api.fail(error);
      }
    }

    const unit = (part, number) => `${part.name.split('.')[0]}.${number + 1}`;
    function nameOf(part, row, column) {
      const layer = Number(part.name.split('.')[0]);
      if (!part.name.endsWith('weight') || part.rows === 1 && part.name.endsWith('bias')) return say('bias_of', { to: unit(part, column) });
      const from = layer === 1 ? say('input', { n: look.description.features[row] ?? row + 1 }) : say('neuron', { n: `${layer - 1}.${row + 1}` });
      return say('from_to', { from, to: unit(part, column) });
    }

    function draw() {
      const { description: about, formulas } = look;
      form.rate(about.learning_rate);
      form.lists(about.lists);
      place.replaceChildren(el('strong', {}, `${say('at')} ${look.place.step}`), ` · ${say('epoch')} ${look.place.epoch} · `, el('code', {}, look.hash));
      note.hidden = !look.halted;
      if (look.halted) note.textContent = look.halted.kind === 'diverged' ? say('diverged') : say('ended', { why: wording(look.halted.text) });
      back.disabled = reset.disabled = look.place.step === 0;
      next.disabled = ten.disabled = Boolean(look.halted);
      link.href = `#/bench/playground?${new URLSearchParams({ ...chosen(state), ...(look.place.step ? { step: String(look.place.step) } : {}) })}`;
      drawPicker(about);
      drawFormula(formulas);
      drawThree();
      drawCurve();
      drawRule(about);
    }

    const repaint = () => { if (look) drawPicker(look.description); };
    /** All weights as small squares, part by part: rows are where they come from. */
    function drawPicker(about) {
      const focused = pick.contains(document.activeElement) ? document.activeElement.dataset.weight : null;
      const most = 600;
      const theta = api.unpack(look.theta);
      const largest = theta.reduce((a, w) => Math.max(a, Math.abs(w)), 1e-9);
      pick.replaceChildren(el('h2', {}, say('weight')), el('p', { class: 'weight-chosen' }, el('strong', {}, formulaName()), ' ', chosenName(), ' = ', el('code', {}, round(look.value, 5))),
        ...about.parts.filter((part) => part.at < most).map((part) => el('div', { class: 'weight-part' }, el('h3', {}, part.name),
          el('div', { class: 'weight-cells', role: 'group', 'aria-label': part.name, style: { gridTemplateColumns: `repeat(${part.columns}, 24px)` } },
            Array.from({ length: Math.min(part.rows * part.columns, most) }, (_, k) => {
              const i = part.at + k;
              const name = nameOf(part, Math.floor(k / part.columns), k % part.columns);
              return el('button', { style: { background: mix('diverging', 0.5 + theta[i] / largest / 2) }, type: 'button', class: part.name.endsWith('bias') ? 'weight-cell bias' : 'weight-cell', 'data-weight': i, title: `${name}: ${round(theta[i], 4)}`, 'aria-label': `${name}: ${round(theta[i], 4)}`, 'aria-pressed': String(i === look.weight), onclick: () => ask({ weight: i, by: 0 }) });
            })))));
      if (focused) pick.querySelector(`[data-weight="${focused}"]`)?.focus({ preventScroll: true });
    }
    window.addEventListener('gradus-theme', repaint);
    const formulaName = () => look.formulas.name ?? '';
    function chosenName() {
      const [name, row, column] = look.part;
      return nameOf(look.description.parts.find((p) => p.name === name), row, column);
    }

    /** What may be wider than its place, reached by the keyboard. */
    const scroll = (name, ...inside) => el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': say(name) }, inside);
    function math(text) {
      const box = scroll('slope');
      box.classList.add('math-line');
      box.innerHTML = text;
      return box;
    }

    function drawFormula(formulas) {
      formula.replaceChildren(el('h2', {}, say('slope')));
      if (formulas.none) {
        formula.append(el('p', { class: 'failed' }, wording(formulas.none)));
        return;
      }
      const chooser = el('select', { onchange: () => { example = chooser.selectedIndex; ask({ by: 0 }); } },
        look.examples.map(([x, y, t], k) => el('option', { selected: k === formulas.example }, `${k + 1}: (${round(x, 3)}, ${round(y, 3)}) → ${round(t, 3)}`)));
      formula.append(el('p', { class: 'soft' }, say('slope_about')), math(formulas.loss), math(formulas.slope),
        el('div', { class: 'row' }, el('label', { class: 'row' }, say('example'), ' ', chooser), el('strong', {}, say('for_example', { v: round(formulas.value, 5) }))),
        math(formulas.numbers),
        el('details', { open: true }, el('summary', {}, say('where')), scroll('where', el('table', { class: 'where' }, formulas.definitions.map((d) => {
          const cell = el('td', {});
          cell.innerHTML = d.formula;
          return el('tr', {}, cell, el('td', {}, '= ', round(d.value, 5)));
        })))),
        el('p', { class: 'soft' }, say('examples')), bars());
    }

    /** A bar for each example's slope. */
    function bars() {
      const most = Math.max(...look.examples.map(([, , , s]) => Math.abs(s ?? 0)), 1e-30);
      return el('div', { class: 'slope-bars', role: 'group', 'aria-label': say('examples') }, look.examples.slice(0, 64).map(([x, y, t, s], k) => el('button', {
        type: 'button', 'aria-pressed': String(k === look.formulas.example), class: k === look.formulas.example ? 'slope-bar here' : 'slope-bar', title: `(${round(x, 3)}, ${round(y, 3)}) → ${round(t, 3)}: ${round(s, 4)}`,
        'aria-label': `${k + 1}: ${round(s, 4)}`, onclick: () => { example = k; ask({ by: 0 }); },
      }, el('span', { class: s < 0 ? 'down' : 'up', style: { height: `${Math.max(1, (Math.abs(s) / most) * 28)}px` } }))));
    }

    function drawCurve() {
      const x = look.curve.map(([w]) => w);
      const slope = look.slopes.at(-1).value;
      const [here, loss] = look.curve[(look.curve.length - 1) / 2];
      const reach = (x.at(-1) - x[0]) / 5;
      const ends = [here - reach, here + reach];
      chart.update({
        x: { label: formulaName() || 'w' },
        series: [{ name: say('curve_loss'), x, y: look.curve.map(([, l]) => l), colour: 0 },
          { name: say('tangent'), x: ends, y: ends.map((w) => loss + slope * (w - here)), colour: 1, dash: true }],
        marks: [{ x: look.value, label: say('now') }, ...(look.next === null ? [] : [{ x: look.next, label: say('then') }])],
      });
    }

    function drawThree() {
      const true_one = look.slopes.at(-1).value;
      const digits = (v) => (Number.isFinite(v) ? Number(v).toPrecision(9).replace('-', '−') : '–');
      three.replaceChildren(el('h2', {}, say('three')), el('p', { class: 'soft' }, say('three_about')), scroll('three', el('table', {},
        el('thead', {}, el('tr', {}, ['way', 'value', 'difference'].map((h) => el('th', { scope: 'col' }, say(h))))),
        el('tbody', {}, look.slopes.map((s) => el('tr', {}, el('th', { scope: 'row' }, say(s.way), s.made_of
          ? el('div', { class: 'made' }, say('made_of', { a: digits(s.made_of[0]), b: digits(s.made_of[1]), h: round(s.made_of[2], 3) })) : null),
        el('td', { class: 'mono' }, digits(s.value)), el('td', { class: 'mono' }, s.way === 'backpropagation' ? '' : round(s.value - true_one, 3))))))));
    }

    function drawRule(about) {
      const { optimizer } = about;
      const row = (name, before, after, word, kind) => el('tr', { class: kind }, el('th', { scope: 'row' }, el('code', {}, name), word ? el('span', { class: 'soft' }, ` ${word}`) : null),
        el('td', { class: 'mono' }, before === null ? '' : round(before, 6)), el('td', { class: 'mono' }, after === null ? '' : round(after, 6)),
        el('td', { class: 'mono' }, before === null || after === null ? '' : round(after - before, 4)));
      const name = formulaName() || 'θ';
      const regular = about.l2 > 0 || about.l1 > 0;
      rule.replaceChildren(el('h2', {}, say('optimizer')), el('p', { class: 'mono rule-line' }, optimizer.line),
        ...optimizer.around.map((w) => [el('h3', {}, `${w.name} (${say('around')})`), maths(w.formula, w.name)]).flat(),
        maths(optimizer.formula, say('optimizer')),
        el('p', { class: 'rule-numbers' }, [['η', about.learning_rate, say('rate')], ...optimizer.numbers.map((p) => [p.symbol, p.value, p.about])].map(([symbol, value, text]) => el('span', { title: text }, el('code', {}, `${symbol} = ${value}`)))),
        scroll('optimizer', el('table', {}, el('thead', {}, el('tr', {}, ['symbol', 'before', 'after', 'change'].map((h) => el('th', { scope: 'col' }, say(h))))),
          el('tbody', {}, row('g', look.seen, null, say(regular ? 'seen_l2' : 'seen')), look.kept.map((k) => row(k.name, k.before, k.after)), row(name, look.value, look.next, say('this'), 'whole')))));
    }

    open();
    return { unmount() { dead = true; turn += 1; chart.destroy(); window.removeEventListener('gradus-theme', repaint); } };
  },
};
