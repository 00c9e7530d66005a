// A population evolving: selection, crossover and mutation made visible, on a function of two numbers or on XOR.

import { colour, heat, lines, round } from '../charts.js';
import { el } from '../dom.js';
import { asker, calm, field, fill, select, slider, trouble } from './controls.js';
import { KINDS, kind, populationMap } from './evolution-map.js';
import { player } from './player.js';

const WORDS = {
  title: { en: 'A population evolving', zh: '种群的进化' },
  about: {
    en: 'No slope is asked for: the better members of a population become parents of the next. Click a member to see its forebears.',
    zh: '不需要梯度：种群中较好的个体成为下一代的父母。点击一个个体可查看它的祖先。',
  },
  f: { en: 'What is minimised', zh: '要最小化什么' },
  formula: { en: 'Function of x and y, its name, or xor', zh: '关于 x 与 y 的函数、函数名，或 xor' },
  xor: { en: 'the weights of a network that learns XOR', zh: '学习异或（XOR）的网络的权重' },
  algorithm: { en: 'Strategy', zh: '策略' },
  example: { en: 'Examples', zh: '示例' },
  population: { en: 'Members', zh: '个体数' },
  generations: { en: 'Generations', zh: '代数' },
  another: { en: 'Other chances', zh: '换一组随机数' },
  lineage: { en: 'lines from parents to children', zh: '父母到子女的连线' },
  map: { en: 'The population', zh: '种群' },
  children: { en: 'had {n} children', zh: '有 {n} 个子女' },
  loss: { en: 'Best, mean and worst', zh: '最好、平均与最差' },
  best: { en: 'best', zh: '最好' },
  mean: { en: 'mean', zh: '平均' },
  worst: { en: 'worst', zh: '最差' },
  diversity: { en: 'Diversity: how far a gene is from its mean', zh: '多样性：基因与均值的距离' },
  spread: { en: 'deviation', zh: '偏差' },
  generation: { en: 'generation', zh: '代' },
  number: { en: 'generation {k}', zh: '第 {k} 代' },
  picture: { en: 'What the network answers', zh: '网络的回答' },
  axis: { en: 'Weight along {axis}', zh: '{axis} 轴上的权重' },
  start: { en: 'first population', zh: '初始种群' },
  elite: { en: 'goes on unchanged (elite)', zh: '原样保留（精英）' },
  crossed: { en: 'crossed', zh: '交叉' },
  mutated: { en: 'mutated (and crossed)', zh: '变异（及交叉）' },
  copy: { en: 'copy of a parent', zh: '父母的复制' },
  other: { en: 'member', zh: '个体' },
  before: { en: 'ring: the generation before, wider by the number of children', zh: '圆环：上一代，子女越多越大' },
  no_account: { en: 'This strategy draws its members from a distribution or moves them: there are no parents to show.', zh: '此策略从分布中抽取或移动个体：没有父母可显示。' },
  one: { en: 'Member {i}: f = {f}, {kind}', zh: '个体 {i}：f = {f}，{kind}' },
  genes: { en: ', genes mutated: {n}', zh: '，变异的基因数：{n}' },
  ended: { en: 'It ended by itself after {n} generations ({why}).', zh: '在第 {n} 代自行结束（{why}）。' },
  cut: { en: 'Time was over before all generations were made.', zh: '时间用尽，未完成所有代。' },
  none: { en: 'No member has a value: there is nothing to select by.', zh: '没有任何个体有函数值：无从选择。' },
  member: { en: 'Member', zh: '个体' },
  which: { en: 'Forebears of member number', zh: '显示哪个个体的祖先（编号）' },
};

const DEFAULTS = { f: 'rastrigin', algorithm: '', population: '40', generations: '40', seed: '1' };
const FUNCTIONS = ['rastrigin', 'ackley', 'rosenbrock', 'himmelblau', 'schwefel', 'griewank', 'sphere', 'sin(3x)*cos(3y) + (x^2+y^2)/6', 'f21 dim=2', 'f23 dim=2'];
const BOX = { rastrigin: 5, ackley: 30, schwefel: 500, griewank: 600, himmelblau: 5, sphere: 5, rosenbrock: 2 };
const genetic = (f, more) => {
  const half = f === 'xor' ? null : (BOX[f.split(' ')[0]] ?? (/^f\d+/.test(f) ? 5 : 3));
  return `genetic ${more} rate=0.3 sigma=${half ? half / 10 : 0.5}${half ? ` spread=box lower=-${half} upper=${half}` : ''}`;
};
const STRATEGIES = [
  (f) => genetic(f, 'crossover=blend'),
  (f) => genetic(f, 'crossover=uniform selection=tournament tournament=5'),
  (f) => genetic(f, 'crossover=one_point selection=roulette elites=0'),
  (f) => genetic(f, 'crossover=sbx replacement=steady_state children=8'),
  (f) => genetic(f, 'crossover=none mutation=self_adaptive'),
  () => 'differential_evolution', () => 'particle_swarm', () => 'cma_es', () => 'xnes', () => 'simulated_annealing', () => 'openai_es over adam',
];

function mount(element, state, api) {
  const words = (key, values) => fill(api.say(WORDS[key]), values ?? {});
  const wrong = trouble(api);
  const ask = asker(api, 'evolution');
  const own = { ...DEFAULTS, ...state };
  own.algorithm ||= STRATEGIES[0](own.f);
  let run = null;
  let gone = false;
  let member = null;
  let axes = [0, 1];

  const mapPlace = el('div', {});
  const lossPlace = el('div', {});
  const diversityPlace = el('div', {});
  const picturePlace = el('div', { hidden: true });
  const map = populationMap(mapPlace, { words, chosen: choose, table: members });
  const loss = lines(lossPlace, { title: words('loss'), name: 'evolution', height: 240, x: { label: words('generation') }, y: {} });
  const diversity = lines(diversityPlace, { title: words('diversity'), name: 'diversity', height: 200, x: { label: words('generation') }, y: { log: true } });
  const picture = heat(picturePlace, { title: words('picture'), name: 'xor', span: [0, 1], palette: 'diverging', contours: [0.5], aspect: 0.8 });
  const play = player(api, { show, name: (k) => words('number', { k: k + 1 }), speed: 5 });

  const text = el('input', { type: 'text', class: 'formula', spellcheck: 'false', autocomplete: 'off', maxlength: 400, value: own.f });
  const enter = (f) => {
    text.value = f;
    if (f !== own.f) change({ f, generations: f === 'xor' ? '120' : own.generations, algorithm: own.algorithm === STRATEGIES[0](own.f) ? STRATEGIES[0](f) : own.algorithm });
    strategies();
  };
  text.addEventListener('change', () => enter(text.value.trim()));
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter') enter(text.value.trim()); });
  const functions = select([['', '…'], ['xor', `xor: ${words('xor')}`], ...FUNCTIONS.map((f) => [f, f])], '', (f) => f && enter(f));
  const algorithm = el('textarea', { rows: 2, spellcheck: 'false', maxlength: 400, value: own.algorithm, onchange: () => change({ algorithm: algorithm.value.trim() }) });
  const choices = el('span', {});
  const lineage = el('input', { type: 'checkbox', checked: true, onchange: () => show(play.at()) });
  const which = el('input', { type: 'text', inputmode: 'numeric', class: 'short', autocomplete: 'off', onchange: () => {
    const i = Math.round(Number(which.value)) - 1;
    choose(which.value.trim() && i >= 0 && i < (run?.frames[play.at()]?.losses.length ?? 0) ? i : null);
  } });
  const axesPlace = el('div', { class: 'row' });
  const key = el('ul', { class: 'chart-legend' });
  const said = el('p', { class: 'hint', 'aria-live': 'polite' });
  const later = calm(() => refresh(), 150);
  const sliders = Object.fromEntries([['population', 4, 400], ['generations', 2, 200]].map(([name, low, high]) => [name,
    slider({ name: words(name), low, high, value: Number(own[name]), whole: true, log: true, oninput: (v) => { own[name] = String(v); later(); } })]));

  element.append(el('div', { class: 'ideas' },
    el('div', { class: 'column' }, el('section', { class: 'card stage' }, mapPlace, key, play.element, said),
      el('section', { class: 'card' }, lossPlace)),
    el('div', { class: 'column' }, el('section', { class: 'card setup' }, field(words('formula'), text), wrong.element, field(words('f'), functions),
      field(words('algorithm'), algorithm), choices,
      sliders.population.element, sliders.generations.element,
      el('label', { class: 'tick' }, lineage, words('lineage')), field(words('which'), which), axesPlace,
      el('button', { type: 'button', onclick: () => change({ seed: String((Number(own.seed) || 0) + 1) }) }, words('another')), picturePlace),
      el('section', { class: 'card' }, diversityPlace))));

  function strategies() {
    const made = STRATEGIES.map((s) => s(own.f));
    choices.replaceChildren(field(words('example'), select([['', '…'], ...made.map((s) => [s, s])], '', (s) => {
      if (!s) return;
      algorithm.value = s;
      change({ algorithm: s });
    })));
  }

  function change(changes) {
    Object.assign(own, changes);
    algorithm.value = own.algorithm;
    sliders.generations.set(Number(own.generations));
    refresh();
  }
  const texts = () => Object.fromEntries(Object.keys(DEFAULTS).map((k) => [k, own[k]]));
  const keep = calm(() => {
    const before = { ...DEFAULTS, algorithm: STRATEGIES[0](own.f) };
    api.set(Object.fromEntries(Object.entries(texts()).map(([k, v]) => [k, v === before[k] ? null : v])));
  });

  async function refresh() {
    keep();
    try {
      const answer = await ask(texts());
      if (!answer || gone) return;
      wrong.tell(null);
      take(answer);
    } catch (error) {
      if (!gone) wrong.tell(error);
    }
  }

  function take(answer) {
    const fresh = run === null;
    if (answer.map) answer.map.values = api.unpack(answer.map.values);
    run = answer;
    member = null;
    picturePlace.hidden = !run.network;
    axesPlace.replaceChildren(...(run.network ? ['x', 'y'].map((name, i) => field(words('axis', { axis: name }),
      select(run.network.names.map((n, k) => [String(k), n]), String(axes[i]), (v) => { axes[i] = Number(v); map.draw(run, axes); }))) : []));
    if (!run.frames.length) {
      said.textContent = words('none');
      return;
    }
    map.draw(run, run.network ? axes : [0, 1]);
    const x = run.frames.map((_, k) => k + 1);
    const of = (pick) => run.frames.map((f) => pick(f.losses.map((v) => v ?? Infinity)));
    const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length;
    const least = run.function?.least ?? 0;
    const above = (all) => all.map((v) => (Number.isFinite(v) ? v - least : NaN));
    const series = [['best', (a) => Math.min(...a), 2], ['mean', mean, 0], ['worst', (a) => Math.max(...a), 1]]
      .map(([name, pick, paint]) => ({ name: words(name), x, y: above(of(pick)), colour: paint }));
    const log = series.every((s) => s.y.every((v) => !(v < 0)));
    loss.update({ series, y: { label: least ? 'f − min f' : run.network ? 'L' : 'f', log } });
    diversity.update({ series: [{ name: words('spread'), x, y: run.frames.map((f) => f.diversity), colour: 3 }] });
    const moving = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    play.count(run.frames.length - 1, fresh && moving ? 0 : run.frames.length - 1);
    if (fresh && moving) play.play();
  }

  function choose(i) {
    member = i;
    which.value = i === null ? '' : i + 1;
    show(play.at());
  }

  const before = (k) => new Set(k > 0 ? run.frames[k - 1].origins.map((o) => o.number) : []);

  function show(k) {
    const frame = run?.frames[k];
    if (!frame) return;
    if (member !== null && member >= frame.losses.length) {
      member = null;
      which.value = '';
    }
    map.show(k, member, lineage.checked);
    loss.update({ marks: [{ x: k + 1 }] });
    diversity.update({ marks: [{ x: k + 1 }] });
    if (run.network) {
      const { side, pictures } = run.network;
      const range = [-0.25 - 0.75 / (side - 1), 1.25 + 0.75 / (side - 1)];
      picture.update({
        columns: side, rows: side, values: pictures[k], x: { label: 'x₁', range }, y: { label: 'x₂', range },
        points: [[0, 0], [0, 1], [1, 0], [1, 1]].map(([x, y]) => ({ x, y, colour: x === y ? 0 : 1, r: 6 })),
      });
    }
    const known = before(k);
    const kinds = [...new Set(frame.origins.map((o) => kind(o, known)))];
    key.replaceChildren(...(kinds.length ? kinds : ['other']).map((name) => el('li', {}, el('span', { class: 'swatch', style: { background: colour(KINDS[name]) } }), words(name))),
      frame.origins.length && k > 0 ? el('li', {}, words('before')) : '');
    said.textContent = [about(k, known), ending()].filter(Boolean).join(' ');
  }

  function about(k, known) {
    const frame = run.frames[k];
    if (!frame.origins.length) return words('no_account');
    if (member === null) return '';
    const origin = frame.origins[member];
    const genes = origin.mutated > 0 ? words('genes', { n: origin.mutated }) : '';
    return words('one', { i: member + 1, f: round(frame.losses[member]), kind: words(kind(origin, known)) }) + genes;
  }

  function ending() {
    if (run.cut_short) return words('cut');
    return run.ended ? words('ended', { n: run.frames.length, why: run.ended.replaceAll('_', ' ') }) : '';
  }

  /** The generation shown, as a table. */
  function members() {
    const k = play.at();
    const frame = run?.frames[k];
    if (!frame) return { head: [words('member')], rows: [] };
    const known = before(k);
    const names = run.network?.names ?? ['x', 'y'];
    return {
      head: [words('member'), ...names, 'f', ''],
      rows: frame.losses.map((v, i) => [i + 1, ...names.map((_, a) => frame.members[i * run.weights + a]), v,
        frame.origins[i] ? words(kind(frame.origins[i], known)) : '']),
    };
  }

  strategies();
  refresh();
  return {
    unmount() {
      gone = true;
      play.stop();
      keep.cancel();
      later.cancel();
      map.destroy();
      for (const chart of [loss, diversity, picture]) chart.destroy();
    },
  };
}

export default { title: WORDS.title, about: WORDS.about, mount };
