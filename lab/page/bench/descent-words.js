// The words of the descent experiment, and what is said of a run.

import { round } from '../charts.js';
import { COMMON } from './common-words.js';
import { fill } from './controls.js';

export const WORDS = {
  ...COMMON,
  title: { en: 'Descent', zh: '梯度下降' },
  about: {
    en: 'Type a function, drag the start, and watch optimizers race to the bottom. Turn the learning rate up until they fly apart.',
    zh: '输入一个函数，拖动起点，看各种优化器如何竞相下降。把学习率调大，直到它们发散。',
  },
  f: { en: 'Function of x, or of x and y', zh: '关于 x，或 x 与 y 的函数' },
  own: { en: 'your own', zh: '自己输入' },
  typed: { en: 'Formulas', zh: '公式' },
  known: { en: 'Well-known functions', zh: '著名的测试函数' },
  show: { en: 'Show', zh: '显示' },
  slope: { en: 'Its gradient, derived from the formula', zh: '由公式推导出的梯度' },
  no_slope: { en: 'This function has no formula of its own here; its gradient is computed by differences.', zh: '此函数在这里没有公式；其梯度由差分计算。' },
  start: { en: 'Start', zh: '起点' },
  drag: { en: 'Drag the ring, or click on the map, to start elsewhere; arrow keys move it too.', zh: '拖动圆环或点击图面可更换起点；方向键也可移动它。' },
  drag_line: { en: 'Drag the ring, or click on the curve, to start elsewhere; arrow keys move it too.', zh: '拖动圆环或点击曲线可更换起点；方向键也可移动它。' },
  racers: { en: 'Optimizers', zh: '优化器' },
  racer: { en: 'Optimizer {n}', zh: '优化器 {n}' },
  rate_of: { en: 'Learning rate of {name}', zh: '{name} 的学习率' },
  same: { en: 'one rate for all', zh: '共用一个学习率' },
  add: { en: 'Add an optimizer', zh: '添加优化器' },
  rule_of: { en: 'What a step of {name} does', zh: '{name} 的一步做了什么' },
  remove: { en: 'Remove {name}', zh: '移除 {name}' },
  map: { en: 'The paths', zh: '轨迹' },
  loss: { en: 'f along the way', zh: '沿途的函数值 f' },
  above: { en: 'f − least f', zh: 'f − 最小值' },
  table: { en: 'Step {k}', zh: '第 {k} 步' },
  numbers: { en: 'The numbers of this step', zh: '这一步的数值' },
  optimizer: { en: 'optimizer', zh: '优化器' },
  gradient: { en: '|gradient|', zh: '梯度长度' },
  here: { en: 'f({at}) = {f}', zh: 'f({at}) = {f}' },
  minimum: { en: 'minimum', zh: '最小值点' },
  outside: { en: 'outside the map', zh: '在图外' },
};

/** Why an optimizer ended. */
export const ENDED = {
  target: { en: 'the value is as low as was asked for', zh: '函数值已达到要求' },
  flat: { en: 'the slopes are all nearly zero', zh: '梯度几乎为零' },
  stalled: { en: 'the value changes no more', zh: '函数值不再变化' },
  tiny_steps: { en: 'its steps have become too small', zh: '步长已小得没有意义' },
  no_descent: { en: 'it found no lower value along its direction', zh: '沿搜索方向找不到更低的值' },
  ill_conditioned: { en: 'its search distribution is too stretched', zh: '搜索分布被拉得过长' },
  runaway: { en: 'its search grows without end', zh: '搜索范围无限增大' },
  no_diversity: { en: 'all its members are nearly the same', zh: '种群个体几乎相同' },
  budget: { en: 'its evaluations are used up', zh: '评估次数已用完' },
  not_finite: { en: 'no loss is a number', zh: '没有任何有限的损失' },
};

const SAID = {
  diverged: { en: 'Diverged: from step {step} on f is beyond all bounds (last {last}).', zh: '发散：从第 {step} 步起 f 急剧增大（最后为 {last}）。' },
  falls: { en: 'f falls and falls, {last} at last: it has no minimum that way.', zh: 'f 一直下降，最后为 {last}：那个方向上没有最小值。' },
  arrived: { en: 'Arrived at the minimum at step {step}.', zh: '第 {step} 步到达最小值。' },
  flat: { en: 'The slope is (almost) nought from step {step} on, at f = {last}.', zh: '从第 {step} 步起坡度几乎为零，f = {last}。' },
  ended: { en: 'Ended at step {step}: {why}.', zh: '第 {step} 步结束：{why}。' },
  going: { en: 'After {n} steps f = {last}.', zh: '{n} 步之后 f = {last}。' },
  too_large: {
    en: 'η λ = {rate} × {curvature} = {product} is more than {bound}: η must stay below {limit}.',
    zh: 'η λ = {rate} × {curvature} = {product}，超过了 {bound}：η 必须小于 {limit}。',
  },
  times: {
    en: 'Along the steepest direction each step multiplies the distance by |1 − ηλ| = {factor}.',
    zh: '在最陡的方向上，每一步都把距离乘以 |1 − ηλ| = {factor}。',
  },
  started: {
    en: 'Where it started the curvature is λ = {curvature}: η λ = {product}, and what is steady there needs less than {bound}.',
    zh: '起点处的曲率为 λ = {curvature}：η λ = {product}，而在那里稳定要求小于 {bound}。',
  },
  swings: { en: 'η λ = {product} lies between 1 and 2: it leaps over the valley at every step, nearer each time.', zh: 'η λ = {product} 在 1 与 2 之间：每一步都越过谷底，但一次比一次近。' },
  edge: { en: 'η λ = {product}: on the very bound it swings for ever.', zh: 'η λ = {product}：恰在界限上，会永远来回摆动。' },
  within: { en: 'η λ = {rate} × {curvature} = {product} is less than {bound}: steady, up to η = {limit}.', zh: 'η λ = {rate} × {curvature} = {product}，小于 {bound}：稳定，η 可大至 {limit}。' },
};

/** What is said of a run: sentences. */
export function said(api, run) {
  const v = run.verdict;
  const values = run.values;
  const last = values[values.length - 1];
  const curvature = v.curvature;
  const rate = run.learning_rate;
  const say = (key, more = {}) => fill(api.say(SAID[key]), {
    step: v.step, n: values.length - 1, last: last === null ? '∞' : round(last), rate: round(rate), curvature: round(curvature),
    product: round(rate * curvature), bound: round(v.bound), limit: round(v.bound / curvature), ...more,
  });
  const out = [say(v.what, { why: v.ended ? api.say(ENDED[v.ended] ?? v.ended) : '' })];
  if (!v.bound || !(curvature > 0) || v.what === 'falls') return out;
  const product = rate * curvature;
  const plain = v.bound === 2;
  if (v.quadratic && product > v.bound * (1 + 1e-12)) {
    out.push(say('too_large'));
    if (plain) out.push(say('times', { factor: round(Math.abs(1 - product)) }));
  } else if (v.quadratic && Math.abs(product - v.bound) <= 1e-9) {
    out.push(say('edge'));
  } else if (v.quadratic && plain && product > 1) {
    out.push(say('swings'));
  } else if (v.quadratic) {
    out.push(say('within'));
  } else if (v.what === 'diverged') {
    out.push(say('started'));
  }
  return out;
}

/** Functions to begin with. */
export const EXAMPLES = ['x^2', 'x^4 - 3x^2 + x', 'sin(3x) + x^2/4', '|x| + x^2/10', 'x^2/2 + 5*y^2', 'x^2 - y^2 + y^4/8',
  'sin(x)*cos(y) + (x^2 + y^2)/20', '(x^2 + y - 3)^2 + (x + y^2 - 3)^2', 'ln(1 + x^2 + 10y^2)', 'max(|x|, 2|y|)'];
