// Runs side by side: their curves over one another, their results, and where their settings differ.

import { get } from '../api.js';
import { lines, round } from '../charts.js';
import { el, scroller } from '../dom.js';
import { shapes } from '../watch/network.js';
import { neurons } from '../watch/neurons.js';
import { duration, percent } from '../watch/store.js';
import { box, verdict, warning } from '../watch/trouble.js';

const AXES = ['epoch', 'step', 'seconds'];
const CHARTS = { chart_validation_loss: 'validation_loss', chart_accuracy: 'validation_accuracy', chart_train_loss: 'train_loss', chart_rate: 'learning_rate' };

/** Seconds until runs under way are read again. */
const AGAIN = 3;

/** Mounts the view. */
export async function mount(element, rest, state, api) {
  const { t } = api;
  const { runs: names } = await get('api/runs');
  const all = () => Promise.all(names.map((_, i) => get(`api/runs/${i}`)));
  let runs = await all();
  let by = 'epoch';
  const hidden = new Set();
  const buttons = AXES.map((name) => el('button', { type: 'button', 'aria-pressed': String(name === by), onclick: () => {
    by = name;
    buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(AXES[i] === by)));
    draw();
  } }, t({ epoch: 'by_epoch', step: 'by_step', seconds: 'by_time' }[name])));
  const results = scroller(t('runs'));
  const grid = el('div', { class: 'grid two' });
  const only = el('input', { type: 'checkbox', checked: true, onchange: () => compare() });
  const settings = scroller(t('settings'));
  const warnings = el('div', { class: 'panel' });
  const networks = el('div', { class: 'panel' }, el('h2', {}, t('networks')));
  element.append(el('h1', {}, t('runs')), el('p', { class: 'about' }, t('runs_about', { n: names.length })),
    el('section', { class: 'card panel results' }, results),
    warnings,
    el('div', { class: 'panel' },
      el('div', { class: 'panel-head' }, el('h2', {}, t('curves')), el('span', { class: 'group', role: 'group', 'aria-label': t('against') }, buttons)), grid),
    el('div', { class: 'panel' },
      el('div', { class: 'panel-head' }, el('h2', {}, t('settings')), el('label', { class: 'row' }, only, t('only_differences'))),
      el('section', { class: 'card' }, settings)),
    networks);
  const charts = Object.keys(CHARTS).map((title) => {
    const card = el('section', { class: 'card' });
    grid.append(card);
    return lines(card, { title: t(title), name: CHARTS[title], y: { label: '' }, height: 240 });
  });

  const draw = () => charts.forEach((chart, c) => {
    const series = runs.map((run, i) => ({
      name: run.name,
      colour: i,
      dash: i >= 8,
      x: run.epochs.map((e) => e[by]),
      y: run.epochs.map((e) => e[Object.values(CHARTS)[c]] ?? NaN),
    })).filter(({ x }, i) => x.length > 0 && !hidden.has(i));
    chart.update({ x: { label: t({ epoch: 'epoch', step: 'step', seconds: 'seconds' }[by]) }, y: { label: '', log: CHARTS.chart_rate === Object.values(CHARTS)[c] && apart(series) }, series });
  });
  /** Whether values differ so much that only a logarithmic axis shows all of them. */
  const apart = (series) => {
    const all = series.flatMap((s) => s.y).filter((v) => v > 0);
    return all.length > 0 && Math.max(...all) > 20 * Math.min(...all);
  };

  const numbers = (run, name) => run.epochs.map((e) => e[name]).filter((v) => Number.isFinite(v));
  const how = (run) => [
    run.verdict ? t('failed_run', { n: run.verdict.step }) : t(run.finished ? 'finished' : 'unfinished'),
    run.changes.length ? t('steered', { n: run.changes.length }) : '',
  ].filter(Boolean).join(', ');
  const summarise = () => {
    // Which is best says nothing where there is but one.
    const all = (name) => (runs.length > 1 ? runs.flatMap((run) => numbers(run, name)) : []);
    const best = { accuracy: Math.max(...all('validation_accuracy')), loss: Math.min(...all('validation_loss')) };
    results.replaceChildren(el('table', {},
      el('thead', {}, el('tr', {}, ['run', 'run_state', 'epochs', 'time_spent', 'best_accuracy', 'best_loss', 'linear_model'].map((h) => el('th', { scope: 'col' }, t(h))))),
      el('tbody', {}, runs.map((run, i) => {
        const [accuracy, loss] = [numbers(run, 'validation_accuracy'), numbers(run, 'validation_loss')];
        const cell = (v, first) => el('td', { class: first ? 'best' : null, title: first ? t('best') : null }, v);
        return el('tr', {}, el('th', { scope: 'row' }, el('label', { class: 'row' },
          el('input', { type: 'checkbox', checked: !hidden.has(i), onchange: (e) => { if (e.target.checked) hidden.delete(i); else hidden.add(i); draw(); } }),
          el('span', { class: `dot data-${i % 8}`, 'aria-hidden': 'true' }), run.name)),
        [how(run), run.epochs.length, duration(run.epochs.at(-1)?.seconds ?? 0)].map((v) => cell(v)),
        cell(accuracy.length ? percent(Math.max(...accuracy)) : '–', accuracy.length > 0 && Math.max(...accuracy) === best.accuracy),
        cell(loss.length ? round(Math.min(...loss)) : '–', loss.length > 0 && Math.min(...loss) === best.loss),
        cell(run.baselines ? percent(run.baselines.linear[0]) : '–'));
      }))));
  };

  const compare = () => {
    const maps = runs.map((run) => new Map(run.config));
    const keys = [...new Set(maps.flatMap((m) => [...m.keys()]))];
    const rows = keys.map((key) => ({ key, values: maps.map((m) => m.get(key) ?? '–') }))
      .map((row) => ({ ...row, differs: new Set(row.values).size > 1 }))
      .filter((row) => row.differs || !only.checked);
    settings.replaceChildren(rows.length === 0 ? el('p', { class: 'soft' }, t('same_settings')) : el('table', { class: 'settings' },
      el('thead', {}, el('tr', {}, [t('setting'), ...runs.map((r) => r.name)].map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, rows.map(({ key, values, differs }) => el('tr', { class: differs && runs.length > 1 ? 'differs' : '' },
        el('th', { scope: 'row' }, key), values.map((v) => el('td', {}, v)))))));
  };
  /** What went wrong in a run, by its name. */
  const warn = () => warnings.replaceChildren(...runs.flatMap((run) => [
    ...run.verdict ? [verdict(run.verdict, t)] : [],
    ...run.notices.map((notice) => warning(notice, t)),
  ].map((found) => box({ ...found, title: `${run.name}: ${found.title}` }))));

  const drawn = [];
  /** The network of a finished run, drawn when it is opened. */
  const offer = (run, i) => {
    const inside = el('div', {});
    const box = el('details', { class: 'card run-network' }, el('summary', {}, run.name), inside);
    box.addEventListener('toggle', async () => {
      if (!box.open || inside.firstChild) return;
      inside.append(el('p', { class: 'soft' }, t('waiting')));
      try {
        const { layers, network, weights, drawing } = await get(`api/runs/${i}/network`);
        inside.replaceChildren(el('p', { class: 'soft' }, t('weights_n', { n: weights.toLocaleString('en') })), shapes(layers, t), el('p', { class: 'mono soft line' }, network));
        if (!drawing) return;
        const place = el('div', { class: 'neurons' });
        inside.append(place);
        const chart = neurons(place, { drawing, title: t('neurons'), api });
        chart.update({ weights: drawing.weights, examples: 0 });
        drawn.push(chart);
      } catch (error) {
        inside.replaceChildren(el('p', { class: 'failed' }, error.message));
      }
    });
    networks.append(box);
  };
  runs.forEach((run, i) => { if (run.finished) offer(run, i); });
  networks.hidden = !runs.some((run) => run.finished);
  summarise();
  warn();
  compare();
  draw();
  const timer = setInterval(async () => {
    if (document.hidden || runs.every((run) => run.finished)) return;
    try {
      const next = await all();
      if (JSON.stringify(next) === JSON.stringify(runs)) return;
      next.forEach((run, i) => { if (run.finished && !runs[i].finished) offer(run, i); });
      runs = next;
      networks.hidden = !runs.some((run) => run.finished);
      compare();
      draw();
      warn();
      if (!results.contains(document.activeElement)) summarise();
    } catch (error) {
      api.fail(error);
    }
  }, 1000 * AGAIN);
  return {
    unmount() {
      clearInterval(timer);
      [...charts, ...drawn].forEach((chart) => chart.destroy());
    },
  };
}
