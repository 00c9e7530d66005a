// The signs on buttons, drawn, as not every system has letters for them.

import { svg } from '../../dom.js';

const PATHS = {
  reset: 'M5 4v12M16 4L7.5 10 16 16z',
  back: 'M13.5 4L6 10l7.5 6z',
  step: 'M6.5 4L14 10l-7.5 6z',
  play: 'M6 3.5L16 10 6 16.5z',
  pause: 'M6 4h2.6v12H6zM11.4 4H14v12h-2.6z',
};

/** `reset`, `back`, `step`, `play` or `pause`. */
export const sign = (name) => svg('svg', { viewBox: '0 0 20 20', width: 18, height: 18, class: 'sign', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));
