// The list of experiments, and the frame around one.

import { el } from '../dom.js';
import { EXPERIMENTS } from './index.js';

/** `#/bench` lists them, `#/bench/NAME` opens one. */
export async function mount(element, rest, state, api) {
  const row = EXPERIMENTS.find((e) => e.name === rest);
  if (rest && !row) {
    element.append(el('p', { class: 'failed' }, api.t('lost')));
    return {};
  }
  if (!row) {
    const modules = await Promise.all(EXPERIMENTS.map(async (e) => [e.name, (await e.load()).default]));
    element.append(
      el('h1', {}, api.t('bench')),
      el('ul', { class: 'cards' }, modules.map(([name, { title, about }]) => el('li', {},
        el('a', { href: `#/bench/${name}` }, el('strong', {}, api.say(title)), el('span', {}, api.say(about)))))),
    );
    return {};
  }
  const experiment = (await row.load()).default;
  const place = el('div', { class: 'experiment' });
  element.append(el('h1', {}, api.say(experiment.title)), el('p', { class: 'about' }, api.say(experiment.about)), place);
  return experiment.mount(place, state, api);
}
