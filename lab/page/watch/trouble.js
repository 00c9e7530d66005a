// What goes wrong, with its numbers and what to do: the program's verdict, and what the page can tell from what it sees.

import { round } from '../charts.js';
import { el } from '../dom.js';
import { percent } from './store.js';

/** Epochs after the best one, with the training loss still falling, until it is called overfitting. */
const PATIENCE = 5;

/** Notices above the curves. */
export function trouble(place, store, api) {
  const { t } = api;
  place.setAttribute('aria-live', 'polite');
  let told = '';
  const take = (fresh) => {
    if (!['end', 'epochs', 'look'].some((name) => fresh.has(name))) return;
    const found = [verdict, overfitting, dying, saturating].flatMap((find) => find(store, t));
    const text = JSON.stringify(found);
    // Nothing is said twice.
    if (text === told) return;
    told = text;
    place.replaceChildren(...found.map(({ grave, title, lines }) => el('section', { class: grave ? 'trouble grave' : 'trouble' },
      el('h2', {}, title), lines.map(([name, line]) => el('p', {}, name && el('strong', {}, `${name}: `), line)))));
  };
  return { take };
}

function verdict({ end }, t) {
  if (!end || end.why === 'done') return [];
  if (end.why === 'error') return [{ grave: true, title: t('failed', { why: end.words }), lines: [] }];
  return [{
    grave: true,
    title: t('verdict', { n: end.step }),
    lines: [[null, `${end.op}, ${end.place}: ${end.values}`], [t('cause'), end.cause], [t('mend'), end.mend]],
  }];
}

/** The validation loss rises, the training loss falls. */
function overfitting({ epochs }, t) {
  const judged = epochs.filter((e) => e.validation_loss !== null);
  if (judged.length <= PATIENCE) return [];
  const best = judged.reduce((a, b) => (b.validation_loss < a.validation_loss ? b : a));
  const last = judged.at(-1);
  const since = last.epoch - best.epoch;
  if (since < PATIENCE || last.validation_loss < best.validation_loss * 1.02 || last.train_loss >= best.train_loss) return [];
  return [{
    title: t('overfits', { n: best.epoch, a: round(best.validation_loss), b: round(last.validation_loss), c: round(best.train_loss), d: round(last.train_loss) }),
    lines: [[t('mend'), t('overfits_mend')]],
  }];
}

/** More than a quarter of a layer is dead. */
function dying({ look }, t) {
  return (look?.layers ?? []).filter((l) => l.dead > l.units / 4).map((l) => ({
    title: t('dying', { a: l.dead, b: l.units, l: l.name }),
    lines: [[t('mend'), t('dying_mend')]],
  }));
}

/** Most of a layer is saturated. */
function saturating({ look }, t) {
  return (look?.layers ?? []).filter((l) => l.saturated > 0.5).map((l) => ({
    title: t('saturates', { p: percent(l.saturated, 0), l: l.name, f: l.function }),
    lines: [[t('mend'), t('saturates_mend')]],
  }));
}
