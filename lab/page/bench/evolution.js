// A population evolving: selection, crossover and mutation made visible, on a function of two numbers or on XOR.

import { colour, heat, lines, round } from '../charts.js';
import { COMMON } from './common-words.js';
import { ENDED } from './descent-words.js';
import { el } from '../dom.js';
import { asker, calm, field, fill, select, slider, trouble, zooms } from './controls.js';
import { maths } from './math.js';
import { populationMap } from './population/map.js';
import { KINDS, way } from './population/ways.js';
import { WORDS as KIN } from './population/words.js';
import { player } from './player.js';

const WORDS = {
  ...COMMON,
  ...KIN,
  title: { en: 'A population evolving', zh: '种群的进化' },
  about: {
    en: 'No slope is asked for: a population learns from its losses alone. See what each strategy makes the next generation from; click a member to see where it comes from.',
    zh: '不需要梯度：种群只从损失中学习。看看各种策略如何造出下一代；点击一个个体可查看它的来历。',
  },
  f: { en: 'What is minimised', zh: '要最小化什么' },
  formula: { en: 'Function of x and y, its name, or xor', zh: '关于 x 与 y 的函数、函数名，或 xor' },
  xor: { en: 'the weights of a network that learns XOR', zh: '学习异或（XOR）的网络的权重' },
  algorithm: { en: 'Strategy', zh: '策略' },
  population: { en: 'Members', zh: '个体数' },
  generations: { en: 'Generations', zh: '代数' },
  another: { en: 'Other chances', zh: '换一组随机数' },
  lineage: { en: 'lines to all members', zh: '显示所有个体的连线' },
  map: { en: 'The population', zh: '种群' },
  loss: { en: 'Best, mean and worst of those judged', zh: '被评估者中的最好、平均与最差' },
  best: { en: 'best', zh: '最好' },
  mean: { en: 'mean', zh: '平均' },
  worst: { en: 'worst', zh: '最差' },
  diversity: { en: 'Diversity: how far a gene is from its mean', zh: '多样性：基因与均值的距离' },
  spread: { en: 'deviation', zh: '偏差' },
  generation: { en: 'generation', zh: '代' },
  number: { en: 'generation {k}', zh: '第 {k} 代' },
  picture: { en: 'What the network answers', zh: '网络的回答' },
  axis: { en: 'Weight along {axis}', zh: '{axis} 轴上的权重' },
  ended: { en: 'It ended by itself after {n} generations ({why}).', zh: '在第 {n} 代自行结束（{why}）。' },
  cut: { en: 'Time was over before all generations were made.', zh: '时间用尽，未完成所有代。' },
  none: { en: 'No member has a value: there is nothing to select by.', zh: '没有任何个体有函数值：无从选择。' },
  member: { en: 'Member', zh: '个体' },
  which: { en: 'Where member number … comes from', zh: '显示哪个个体的来历（编号）' },
  rule: { en: 'What a generation does', zh: '一代做了什么' },
  step_size: { en: 'step size σ', zh: '步长 σ' },
  temperature: { en: 'temperature T', zh: '温度 T' },
  share_of: { en: 'weight', zh: '权重' },
  what: { en: 'what it is', zh: '身份' },
};

const DEFAULTS = { f: 'rastrigin', algorithm: '', population: '40', generations: '40', seed: '1', view: '' };
const FUNCTIONS = ['rastrigin', 'ackley', 'rosenbrock', 'himmelblau', 'schwefel', 'griewank', 'sphere', 'sin(3x)*cos(3y) + (x^2+y^2)/6', 'f21 dim=2', 'f23 dim=2'];
const BOX = { rastrigin: 5, ackley: 30, schwefel: 500, griewank: 600, himmelblau: 5, sphere: 5, rosenbrock: 2 };
const half = (f) => (f === 'xor' ? null : BOX[f.split(' ')[0]] ?? (/^f\d+/.test(f) ? 5 : 3));
const width = (f) => half(f) ?? 5;
/** A first population all over the map; XOR's is drawn as weights start. */
const box = (f) => (half(f) ? ` spread=box lower=-${half(f)} upper=${half(f)}` : '');
const genetic = (f, more) => `genetic ${more} rate=0.3 sigma=${width(f) / 10}${box(f)}`;
/** One of the others. What is judged once on a function without chance need not be judged again. */
function around(f, line) {
  if (/cma|nes/.test(line)) return `${line} sigma=${width(f) / 3}`;
  if (line === 'random_search') return `${line}${box(f)}`;
  const sigma = line.startsWith('simulated') ? ` sigma=${width(f) / 10}` : '';
  return `${line}${sigma}${box(f)} reevaluate=no`;
}
const STRATEGIES = [
  (f) => genetic(f, 'crossover=blend'),
  (f) => genetic(f, 'crossover=uniform selection=tournament tournament=5'),
  (f) => genetic(f, 'crossover=one_point selection=roulette elites=0'),
  (f) => genetic(f, 'crossover=sbx replacement=steady_state children=8'),
  (f) => genetic(f, 'crossover=none mutation=self_adaptive'),
  (f) => around(f, 'cma_es'),
  (f) => around(f, 'differential_evolution'),
  (f) => around(f, 'particle_swarm'),
  (f) => around(f, 'simulated_annealing temperature=5 cooling=0.95'),
  (f) => around(f, 'sep_cma_es'), (f) => around(f, 'xnes'), (f) => around(f, 'snes'),
  (f) => `openai_es sigma=${width(f) / 10} over adam`, (f) => `pgpe sigma=${width(f) / 10} over adam`,
  (f) => around(f, 'random_search'),
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
    if (f !== own.f) change({ f, view: '', generations: f === 'xor' ? '120' : own.generations, algorithm: own.algorithm === STRATEGIES[0](own.f) ? STRATEGIES[0](f) : own.algorithm });
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
  const rule = el('div', {});
  const key = el('ul', { class: 'chart-legend kin-key' });
  const said = el('p', { class: 'hint', 'aria-live': 'polite' });
  const zoom = zooms(words, { view: () => run?.map?.view, middle: () => run.frames[play.at()]?.answer, set: (view) => change({ view: view ?? '' }) });
  const later = calm(() => refresh(), 150);
  const sliders = Object.fromEntries([['population', 4, 400], ['generations', 2, 200]].map(([name, low, high]) => [name,
    slider({ name: words(name), low, high, value: Number(own[name]), whole: true, log: true, oninput: (v) => { own[name] = String(v); later(); } })]));

  element.append(el('div', { class: 'ideas' },
    el('div', { class: 'column' }, el('section', { class: 'card stage' }, mapPlace, key, play.element, el('div', { class: 'row' }, zoom, said)),
      el('section', { class: 'card' }, lossPlace)),
    el('div', { class: 'column' }, el('section', { class: 'card setup' }, field(words('formula'), text), wrong.element, field(words('f'), functions),
      field(words('algorithm'), algorithm), choices,
      sliders.population.element, sliders.generations.element,
      el('label', { class: 'tick' }, lineage, words('lineage')), field(words('which'), which), axesPlace,
      el('button', { type: 'button', onclick: () => change({ seed: String((Number(own.seed) || 0) + 1) }) }, words('another')), picturePlace),
      el('section', { class: 'card' }, diversityPlace)), el('section', { class: 'card wide-card' }, el('h2', {}, words('rule')), rule)));

  function strategies() {
    const made = STRATEGIES.map((s) => s(own.f));
    choices.replaceChildren(field(words('choose'), select([['', '…'], ...made.map((s) => [s, s])], '', (s) => {
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
    unpackFrames(answer.frames);
    run = answer;
    rule.replaceChildren(maths(run.rule, words('rule')));
    member = null;
    picturePlace.hidden = !run.network;
    zoom.hidden = !run.map;
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
    const kept = [['step_size', 'sigma', 0], ['temperature', 'temperature', 1]].filter(([, name]) => run.frames.some((f) => f.made[name]))
      .map(([word, name, paint]) => ({ name: words(word), x, y: run.frames.map((f) => f.made[name] ?? NaN), colour: paint, dash: true }));
    diversity.update({ series: [{ name: words('spread'), x, y: run.frames.map((f) => f.diversity), colour: 3 }, ...kept] });
    const moving = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    // Who looks closer looks at the generation that is shown.
    const stays = !fresh && own.view && play.at() < run.frames.length;
    play.count(run.frames.length - 1, fresh && moving ? 0 : stays ? play.at() : run.frames.length - 1);
    if (fresh && moving) play.play();
  }

  /** Numbers that came packed. */
  function unpackFrames(frames) {
    for (const frame of frames) {
      frame.members = api.unpack(frame.members);
      for (const [name, value] of Object.entries(frame.made)) if (typeof value === 'string' && name !== 'kind') frame.made[name] = api.unpack(value);
    }
  }

  function choose(i) {
    member = i;
    which.value = i === null ? '' : i + 1;
    show(play.at());
  }

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
    const here = map.view(k, member, lineage.checked);
    const made = way(frame);
    const kinds = [...new Set(frame.losses.map((_, i) => made.kind(here, i)))];
    key.replaceChildren(...kinds.map((name) => el('li', {}, el('span', { class: `swatch is-${name}`, style: { background: colour(KINDS[name]) } }), words(name))),
      ...made.key(here).map((name) => el('li', {}, words(name))));
    said.textContent = [made.said(here), about(here, made), ending()].filter(Boolean).join(' ');
  }

  function about(here, made) {
    if (member === null) return '';
    return [words('one', { i: member + 1, f: round(here.frame.losses[member]), kind: words(made.kind(here, member)) }), made.of(here, member)].join(' ');
  }

  function ending() {
    if (run.cut_short) return words('cut');
    return run.ended ? words('ended', { n: run.frames.length, why: api.say(ENDED[run.ended] ?? run.ended) }) : '';
  }

  /** The generation shown, as a table. */
  function members() {
    const k = play.at();
    const frame = run?.frames[k];
    if (!frame) return { head: [words('member')], rows: [] };
    const here = map.view(k, member, true);
    const names = run.network?.names ?? ['x', 'y'];
    return {
      head: [words('member'), ...names, 'f', words('what'), words('share_of')],
      rows: frame.losses.map((v, i) => [i + 1, ...names.map((_, a) => frame.members[i * run.weights + a]), v, words(way(frame).kind(here, i)), frame.shares[i] ?? '']),
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
