// A noisy series and its exponentially weighted averages: β as a slider, the weights of the past, own series.

import { bars, lines, round } from '../charts.js';
import { COMMON } from './common-words.js';
import { el, svg } from '../dom.js';
import { maths } from './math.js';
import { asker, calm, field, fill, slider, trouble } from './controls.js';

const WORDS = {
  ...COMMON,
  rule: { en: 'What is done with each value', zh: '对每个值做什么' },
  title: { en: 'Exponentially weighted averages', zh: '指数加权平均' },
  about: {
    en: 'An average that forgets: β says how much of the past is kept. Momentum, RMSprop and Adam remember in this way.',
    zh: '会遗忘的平均：β 决定保留多少过去。动量法、RMSprop 和 Adam 都这样记忆。',
  },
  beta: { en: 'β: how much of the past is kept', zh: 'β：保留多少过去' },
  memory: { en: '1 / (1 − β) = {n}: about {n} values are remembered.', zh: '1 / (1 − β) = {n}：大约记住 {n} 个值。' },
  late: { en: 'The average lags behind the series by about as much.', zh: '平均值也大约滞后这么多。' },
  correction: { en: 'correct the start: V / (1 − βᵗ)', zh: '修正起始偏差：V / (1 − βᵗ)' },
  corrected: { en: 'On: from the first value on the weights add up to 1.', zh: '已开启：从第一个值起，权重之和为 1。' },
  plain: { en: 'Off: V starts at 0, so the first averages lie too near to 0. At t = {t} all weights add up to {sum}.', zh: '已关闭：V 从 0 开始，最初的平均值过于接近 0。t = {t} 时权重之和为 {sum}。' },
  noise: { en: 'Noise', zh: '噪声' },
  another: { en: 'Other noise', zh: '换一组噪声' },
  pin: { en: 'Keep this β to compare', zh: '固定此 β 以便比较' },
  unpin: { en: 'Forget those kept', zh: '清除已固定的' },
  own: { en: 'Your own series', zh: '自己的数据' },
  paste: { en: 'Paste numbers here, with spaces, commas or line breaks between', zh: '在此粘贴数字，用空格、逗号或换行分隔' },
  use: { en: 'Use it', zh: '使用' },
  back: { en: 'Back to the noisy cosine', zh: '回到带噪声的余弦' },
  chart: { en: 'The series and its average', zh: '序列及其平均' },
  series: { en: 'series', zh: '序列' },
  truth: { en: 'without noise', zh: '无噪声' },
  other: { en: 'without correction', zh: '未修正' },
  other_way: { en: 'with correction', zh: '已修正' },
  value: { en: 'value number t', zh: '第 t 个值' },
  weights: { en: 'The weights of the past: (1 − β) βᵏ', zh: '过去的权重：(1 − β) βᵏ' },
  age: { en: 'values ago, k', zh: 'k 个值之前' },
  weight: { en: 'weight', zh: '权重' },
  told: { en: 'The last {n} values hold 63 % of all weight, the last {m} hold 95 %.', zh: '最近 {n} 个值占全部权重的 63 %，最近 {m} 个占 95 %。' },
};

const DEFAULTS = { beta: '0.9', correction: '1', noise: '0.3', seed: '1', series: '' };
const MOST_PINS = 5;

function mount(element, state, api) {
  const words = (key, values) => fill(api.say(WORDS[key]), values ?? {});
  const wrong = trouble(api);
  const ask = asker(api, 'averages');
  const betas = (state.beta ?? DEFAULTS.beta).split(';').map(Number).filter((b) => b >= 0 && b < 1);
  const own = { ...DEFAULTS, ...state, betas: betas.length ? betas : [0.9] };
  let gone = false;
  let shown = null;

  const chartPlace = el('div', {});
  const weightPlace = el('div', {});
  const chart = lines(chartPlace, { title: words('chart'), name: 'averages', height: 380, x: { label: words('value') }, y: {}, drawn: remembered });
  const weights = bars(weightPlace, { title: words('weights'), name: 'weights', height: 240, x: { label: words('age') }, y: { label: words('weight') } });
  const memory = el('p', { class: 'hint' });
  const started = el('p', { class: 'hint' });
  const told = el('p', { class: 'hint' });
  const rule = el('div', {});
  const note = el('div', { class: 'formulas' }, rule, memory);
  const paste = el('textarea', { rows: 4, placeholder: words('paste'), 'aria-label': words('own'), maxlength: 200000, value: own.series });
  const beta = slider({ name: words('beta'), low: 0, high: 0.999, value: own.betas[0], oninput: (v) => change({ betas: [v, ...own.betas.slice(1)] }) });
  const noise = slider({ name: words('noise'), low: 0, high: 2, value: Number(own.noise), oninput: (v) => change({ noise: String(v) }) });
  const tick = el('input', { type: 'checkbox', checked: own.correction !== '0', onchange: () => change({ correction: tick.checked ? '1' : '0' }) });
  const made = el('div', { class: 'made' }, noise.element,
    el('button', { type: 'button', onclick: () => change({ seed: String((Number(own.seed) || 0) + 1) }) }, words('another')));
  const back = el('button', { type: 'button', onclick: () => { paste.value = ''; change({ series: '' }); } }, words('back'));
  const pins = el('button', { type: 'button', onclick: () => change({ betas: own.betas.slice(0, 1) }) }, words('unpin'));

  element.append(el('div', { class: 'ideas' },
    el('div', { class: 'column' }, el('section', { class: 'card stage averages' }, chartPlace),
      el('section', { class: 'card' }, weightPlace, told)),
    el('section', { class: 'card setup' }, wrong.element, beta.element, note,
      el('div', { class: 'row' },
        el('button', { type: 'button', onclick: () => {
          if (own.betas.length <= MOST_PINS) change({ betas: [own.betas[0], ...own.betas] });
        } }, words('pin')), pins),
      el('label', { class: 'tick' }, tick, words('correction')), started,
      made,
      field(words('own'), paste),
      el('div', { class: 'row' }, el('button', { type: 'button', onclick: () => change({ series: paste.value }) }, words('use')), back))));

  /** 1 / (1 − β) values back from the last: what is remembered. */
  function remembered({ plot, place }) {
    if (!shown) return;
    const [right, y] = [place.sx.at(shown.count), place.top + 6];
    const left = Math.max(place.left, place.sx.at(shown.count - shown.memory));
    plot.querySelector('svg').append(svg('g', { class: 'window' },
      svg('rect', { x: left, y: place.top, width: Math.max(1, right - left), height: place.bottom - place.top }),
      svg('text', { x: right - 4, y: y + 6, 'text-anchor': 'end' }, `1 / (1 − β) = ${round(shown.memory, 4)}`)));
  }

  function change(changes) {
    Object.assign(own, changes);
    refresh();
  }

  const texts = () => ({ beta: own.betas.join(';'), correction: own.correction, noise: own.noise, seed: own.seed, series: own.series });
  // An address may not hold a long series.
  const keep = calm(() => api.set(Object.fromEntries(Object.entries(texts())
    .map(([k, v]) => [k, v === DEFAULTS[k] || v.length > 2000 ? null : v]))));

  async function refresh() {
    keep();
    try {
      const question = texts();
      const answer = await ask({ ...question, series: question.series || null });
      if (!answer || gone) return;
      wrong.tell(null);
      draw(answer);
    } catch (error) {
      if (!gone) wrong.tell(error);
    }
  }

  function draw({ values, without_noise: truth, averages, rule: lines }) {
    rule.replaceChildren(maths(lines, words('rule')));
    const x = values.map((_, k) => k + 1);
    shown = { count: values.length, memory: averages[0].memory };
    const [first, ...kept] = averages;
    const corrected = own.correction !== '0';
    const line = (a, i) => ({ name: `β = ${a.beta}`, x, y: a.values, colour: [1, 0, 2, 3, 4, 7][i], width: i ? 1.6 : 2.6 });
    chart.update({ series: [
      { name: words('series'), x, y: values, colour: 6, faint: true, dots: values.length <= 400 },
      ...(truth.length ? [{ name: words('truth'), x, y: truth, colour: 6, dash: true }] : []),
      { name: `β = ${first.beta}, ${words(corrected ? 'other' : 'other_way')}`, x, y: first.otherwise, colour: 1, dash: true, width: 1.3 },
      ...kept.map((a, i) => line(a, i + 1)),
      line(first, 0),
    ] });
    const n = round(first.memory, 4);
    memory.textContent = `${words('memory', { n })} ${words('late')}`;
    const t = Math.min(10, values.length);
    started.textContent = corrected ? words('corrected') : words('plain', { t, sum: round(1 - first.beta ** t, 3) });
    const past = Math.min(120, Math.max(...averages.map((a) => a.weights.length)));
    weights.update({
      labels: Array.from({ length: past }, (_, k) => (past <= 12 || k % Math.ceil(past / 10) === 0 ? String(k) : '')),
      groups: [first].map((a) => ({ name: `β = ${a.beta}`, values: Array.from({ length: past }, (_, k) => a.weights[k] ?? 0), colour: 1 })),
    });
    const until = (share) => {
      let sum = 0;
      const at = first.weights.findIndex((w) => { sum += w; return sum >= share; });
      return at < 0 ? `> ${first.weights.length}` : at + 1;
    };
    told.textContent = words('told', { n: until(1 - 1 / Math.E), m: until(0.95) });
    made.hidden = Boolean(own.series);
    back.hidden = !own.series;
    pins.hidden = own.betas.length < 2;
  }

  refresh();
  return {
    unmount() {
      gone = true;
      keep.cancel();
      chart.destroy();
      weights.destroy();
    },
  };
}

export default { title: WORDS.title, about: WORDS.about, mount };
