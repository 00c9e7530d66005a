// A training under way: watched and steered.

import { get, listen } from '../api.js';
import { el } from '../dom.js';
import { curves } from './curves.js';
import { inside } from './inside.js';
import { network } from './network.js';
import { status } from './status.js';
import { Store } from './store.js';
import { trouble } from './trouble.js';
import { wall } from './wall.js';

/** Panels in the order of the page: each is `(element, store, api) -> { take(fresh), destroy?() }`. */
const PANELS = [status, trouble, curves, wall, inside, network];

/** Mounts the view. */
export function mount(element, rest, state, api) {
  const store = new Store();
  let panels = [];
  const lost = el('p', { class: 'notice', role: 'status', hidden: true }, api.t('lost_contact'));
  const waiting = el('p', { class: 'about' }, api.t('waiting'));
  element.append(lost, waiting);

  const take = (message) => {
    const fresh = store.take(message);
    if (message.scene) {
      // Without pictures tiles stay empty; that the program is gone is said above.
      store.pictures = message.scene.wall ? get('api/watch/wall').catch(() => null) : null;
      panels.forEach((panel) => panel.destroy?.());
      waiting.remove();
      element.querySelectorAll('.panel').forEach((panel) => panel.remove());
      panels = PANELS.map((make) => {
        const place = el('div', { class: 'panel' });
        element.append(place);
        return make(place, store, api);
      });
    }
    panels.forEach((panel) => panel.take(fresh));
    if (message.scene) performance.mark('gradus-drawn');
    if (store.end) stop();
  };
  const stop = listen('api/watch', take, (open) => { lost.hidden = open || !!store.end; });
  return {
    unmount() {
      stop();
      panels.forEach((panel) => panel.destroy?.());
    },
  };
}
