// How a generation came of the last, by what the strategy says of it: one module a way.
//
// A way exports `kind(view, i)`, what member i is; `draw(view)`, what lies under the members; `key(view)`, the words that
// explain it; `said(view)`, a sentence on the generation; `of(view, i)`, what more there is to say of a member; and, where
// members are not all the same, `size(view, i)`.

import * as drawn from './drawn.js';
import * as flown from './flown.js';
import * as kin from './kin.js';
import * as mixed from './mixed.js';
import * as stepped from './stepped.js';

/** Kinds of members, with their colours. */
export const KINDS = { start: 6, elite: 4, crossed: 0, mutated: 3, copy: 2, anew: 0, counts: 2, against: 6, taken: 2, refused: 6, uphill: 1, flies: 0, found: 2, again: 4 };

/** Nothing is known but the members. */
const spread = {
  kind: (view) => (view.k === 0 ? 'start' : 'anew'),
  draw: () => [],
  key: () => [],
  said: (view) => view.words(view.k === 0 ? 'spread_said' : 'anew_said'),
  of: () => '',
};

const WAYS = { drawn, mixed, flown, stepped };

/** That of a frame. */
export const way = (frame) => (frame.origins.length ? kin : WAYS[frame.made.kind] ?? spread);
