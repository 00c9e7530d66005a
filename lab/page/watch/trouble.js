// What goes wrong: the program's notices and its verdict, in the language of the page.

import { el } from '../dom.js';
import { wording } from '../messages.js';

/** Notices above the curves. */
export function trouble(place, store, api) {
  const { t } = api;
  place.setAttribute('aria-live', 'polite');
  let told = '';
  const take = (fresh) => {
    if (!fresh.has('end') && !fresh.has('notices')) return;
    const found = [...ending(store, t), ...store.notices.map((notice) => warning(notice, t))];
    const text = JSON.stringify(found);
    // Nothing is said twice.
    if (text === told) return;
    told = text;
    place.replaceChildren(...found.map(box));
  };
  return { take };
}

/** It as a box. */
export const box = ({ grave, title, lines }) => el('section', { class: grave ? 'trouble grave' : 'trouble' },
  el('h2', {}, title), lines.map(([name, line]) => el('p', {}, name && el('strong', {}, `${name}: `), line)));

/** A notice of the program. */
export const warning = (notice, t) => ({ title: wording(notice.words), lines: [[t('mend'), wording(notice.mend)]] });

function ending({ end }, t) {
  if (!end || end.why === 'done') return [];
  if (end.why === 'error') return [{ grave: true, title: t('failed', { why: wording(end.words) }), lines: [] }];
  return [verdict(end, t)];
}

/** Why a training stopped. */
export const verdict = ({ step, op, place, values, cause, mend }, t) => ({
  grave: true,
  title: t('verdict', { n: step }),
  lines: [[null, `${op}, ${place}: ${wording(values)}`], [t('cause'), wording(cause)], [t('mend'), wording(mend)]],
});
