// Where the training is, and the controls that steer it.

import { post } from '../api.js';
import { round } from '../charts.js';
import { el } from '../dom.js';
import { wording } from '../messages.js';
import { duration, percent } from './store.js';

/** The head of the view. */
export function status(place, store, api) {
  const { t } = api;
  const state = el('span', { class: 'state', role: 'status' });
  const bar = el('progress', { max: 1, value: 0, 'aria-label': t('step') });
  const numbers = el('dl', { class: 'numbers' });
  const said = el('span', { class: 'said', role: 'status' });
  const record = el('details', { class: 'record', hidden: true }, el('summary', {}), el('ol', {}));

  const wish = async (what) => {
    api.fail(null);
    try {
      await post('api/watch', what);
    } catch (error) {
      api.fail(error);
    }
  };
  const button = (word, what, more = {}) => el('button', { type: 'button', onclick: () => wish(what()), ...more }, t(word));
  const pause = button('pause', () => ({ do: store.now?.paused ? 'go' : 'pause' }), { class: 'primary pause' });
  const step = button('one_step', () => ({ do: 'step' }));
  const save = button('save', () => {
    said.textContent = t('saved');
    setTimeout(() => { said.textContent = ''; }, 4000);
    return { do: 'save' };
  });
  const stop = el('button', { type: 'button', class: 'stop', onclick: () => sure(true) }, t('stop'));
  const no = el('button', { type: 'button', onclick: () => sure(false) }, t('stop_no'));
  const question = el('div', { class: 'question', role: 'group', hidden: true }, el('span', {}, t('stop_sure')),
    el('button', { type: 'button', class: 'danger', onclick: () => { sure(false); wish({ do: 'stop' }); } }, t('stop_yes')), no);
  const sure = (asked) => {
    question.hidden = !asked;
    (asked ? no : stop).focus();
  };

  const factor = el('input', { type: 'number', min: '0.000001', max: '1000000', step: 'any', value: '1', 'aria-label': t('rate_times') });
  const rate = () => wish({ do: 'rate', factor: Number(factor.value) });
  const scaled = (by) => () => {
    factor.value = String(Number((Number(factor.value) * by).toPrecision(6)));
    rate();
  };
  const rates = el('form', { class: 'row rates', onsubmit: (e) => { e.preventDefault(); rate(); } },
    el('label', {}, t('rate_times'), ' ', factor),
    el('span', { class: 'group' },
      el('button', { type: 'submit' }, t('rate_set')),
      el('button', { type: 'button', onclick: scaled(0.5), title: t('rate_half') }, '× ½'),
      el('button', { type: 'button', onclick: scaled(2), title: t('rate_double') }, '× 2')));

  const controls = el('div', { class: 'controls', role: 'group', 'aria-label': t('steer') },
    el('div', { class: 'row' }, pause, step, save, stop), rates, said);
  place.append(el('section', { class: 'card status' },
    el('div', { class: 'status-head' },
      el('div', {}, el('h1', {}, store.scene.title), el('p', { class: 'mono soft' }, store.scene.folder)),
      state),
    bar, numbers, controls, question, record));

  const number = (name, value) => (value === null || value === undefined ? null : el('div', {}, el('dt', {}, t(name)), el('dd', {}, value)));

  /** What the factor is, if somebody changed it. */
  const factorNow = () => store.changes.filter((c) => c.do === 'rate').at(-1)?.factor ?? 1;

  const take = (fresh) => {
    const { now, start, end, epochs, scene } = store;
    const word = end ? 'ended' : !start ? 'waiting' : now.paused ? 'paused' : 'running';
    if (state.dataset.state !== word) {
      state.dataset.state = word;
      state.textContent = t(word);
    }
    pause.textContent = t(now.paused ? 'go' : 'pause');
    for (const control of controls.querySelectorAll('button, input')) control.disabled = !!end;
    const all = scene.settings.steps ?? (start && scene.settings.epochs < 1e15 ? scene.settings.epochs * start.steps_per_epoch : null);
    bar.hidden = !all;
    if (all) bar.value = now.step / all;
    const best = epochs.filter((e) => e.best).at(-1);
    const each = start ? start.train / start.steps_per_epoch : 0;
    const epoch = scene.settings.epochs < 1e15 ? t('of', { a: now.epoch, b: scene.settings.epochs }) : now.epoch;
    numbers.replaceChildren(...[
      number('epoch', epoch),
      number('step', now.step.toLocaleString('en')),
      number('validation_accuracy', best && best.validation_accuracy !== null ? `${percent(epochs.at(-1).validation_accuracy)} · ${t('best_in', { a: percent(best.validation_accuracy), n: best.epoch })}` : null),
      number('learning_rate', now.learning_rate ? round(now.learning_rate) : null),
      number('speed', now.speed ? `${t('steps_per_second', { n: now.speed < 100 ? round(now.speed, 3) : Math.round(now.speed).toLocaleString('en') })} · ${t('examples_per_second', { n: Math.round(now.speed * each).toLocaleString('en') })}` : null),
      number('time_spent', duration(now.seconds)),
      number('time_left', !end && now.left !== null ? duration(now.left) : null),
    ].filter(Boolean));
    if (fresh.has('changes')) {
      record.hidden = store.changes.length === 0;
      record.querySelector('summary').textContent = t('record', { n: store.changes.length });
      record.querySelector('ol').replaceChildren(...store.changes.map((c) => el('li', {},
        t('after_step', { n: c.after_step.toLocaleString('en') }), ': ', t(`change_${c.do}`, { f: round(c.factor) }))));
      if (document.activeElement !== factor) factor.value = String(factorNow());
    }
    if (fresh.has('end')) {
      const { end: { words, theta_hash: hash } } = store;
      if (words && store.end.why === 'done') place.append(el('p', { class: 'notice' }, wording(words), hash ? el('code', {}, ` ${t('theta', { h: hash })}`) : ''));
    }
  };
  return { take };
}
