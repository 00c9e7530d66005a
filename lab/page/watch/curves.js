// Loss, accuracy and learning rate over the steps or the time.

import { lines } from '../charts.js';
import { el } from '../dom.js';
import { averaged } from './store.js';

/** The slider goes over how many steps are averaged, 10^0 … 10^3; β = 1 − 1/n. */
const beta = (slider) => 1 - 1 / 10 ** slider;

/** The curves. */
export function curves(place, store, api) {
  const { t } = api;
  let by = 'step';
  const axis = (name) => el('button', { type: 'button', 'aria-pressed': String(by === name), onclick: () => {
    by = name;
    buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(['step', 'seconds'][i] === by)));
    draw();
  } }, t(name === 'step' ? 'by_step' : 'by_time'));
  const buttons = [axis('step'), axis('seconds')];
  const meaning = el('output', {});
  const slider = el('input', { type: 'range', min: 0, max: 3, step: 0.05, value: 1.7, 'aria-label': t('smoothing'), oninput: () => draw() });
  const log = el('input', { type: 'checkbox', onchange: () => draw() });
  place.append(el('div', { class: 'panel-head' }, el('h2', {}, t('curves')),
    el('div', { class: 'row' },
      el('span', { class: 'group', role: 'group', 'aria-label': t('against') }, buttons),
      el('label', { class: 'row smoothing' }, t('smoothing'), slider, meaning),
      el('label', { class: 'row' }, log, t('log_scale')))));
  const grid = el('div', { class: 'grid curves' });
  place.append(grid);
  const card = (more = '') => {
    const it = el('section', { class: `card ${more}` });
    grid.append(it);
    return it;
  };
  const hasValidation = store.scene.parts.validation > 0;
  const loss = lines(card('wide'), { title: t('chart_loss'), name: 'loss', y: { label: t('loss') }, height: 280 });
  // Where numbers are said, nothing is simply right.
  const accuracy = hasValidation && store.scene.classes.length > 0 ? lines(card(), { title: t('chart_accuracy'), name: 'accuracy', y: { label: '' } }) : null;
  const rate = lines(card(), { title: t('chart_rate'), name: 'learning-rate', y: { label: 'η' } });
  let diversity = null;

  const draw = () => {
    const { curve, epochs, changes } = store;
    const b = beta(Number(slider.value));
    meaning.textContent = t('beta_means', { b: b.toFixed(b > 0.99 ? 4 : 3), n: Math.round(10 ** Number(slider.value)) });
    const x = { label: t(by === 'step' ? 'step' : 'seconds') };
    const at = epochs.map((e) => e[by]);
    const marks = changes.filter((c) => c.do === 'rate').map((c) => ({ x: where(c.after_step), label: `× ${c.factor}` }));
    loss.update({ x, marks, y: { label: t('loss'), log: log.checked }, series: [
      { name: `${t('train')} (${t('raw')})`, x: curve[by], y: curve.loss, faint: true, colour: 0 },
      { name: t('averaged'), x: curve[by], y: averaged(curve.loss, b, curve.stride), colour: 0 },
      { name: t('validation'), x: at, y: epochs.map((e) => e.validation_loss ?? NaN), colour: 1, dots: epochs.length < 60 },
    ].slice(0, hasValidation ? 3 : 2) });
    accuracy?.update({ x, y: { label: '' }, series: [
      { name: t('validation'), x: at, y: epochs.map((e) => e.validation_accuracy ?? NaN), colour: 1, dots: epochs.length < 60 },
    ] });
    rate.update({ x, marks, y: { label: 'η' }, series: [{ name: 'η', x: curve[by], y: curve.rate, colour: 2 }] });
    if (epochs.some((e) => e.diversity !== undefined)) {
      diversity ??= lines(card(), { title: t('diversity'), name: 'diversity' });
      diversity.update({ x, series: [{ name: t('diversity'), x: at, y: epochs.map((e) => e.diversity ?? NaN), colour: 3 }] });
    }
  };
  /** Where on the axis a step is. */
  const where = (step) => {
    if (by === 'step') return step;
    const i = store.curve.step.findIndex((s) => s >= step);
    return i < 0 ? store.now.seconds : store.curve.seconds[i];
  };
  return {
    take(fresh) {
      if (['curve', 'epochs', 'changes', 'scene'].some((name) => fresh.has(name))) draw();
    },
    destroy() {
      [loss, accuracy, rate, diversity].forEach((chart) => chart?.destroy());
    },
  };
}
