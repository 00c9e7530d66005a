// The experiments of the page, in the order in which they are listed.
//
// An experiment is a module `bench/NAME.js` and a row here (and, on the program's side, a row of `EXPERIMENTS` in
// `lab/src/bench/mod.rs`, where that half is described). The module exports
//
//   export default {
//     title: { en: '…', zh: '…' },
//     about: { en: 'one sentence: what can be seen here', zh: '…' },
//     mount(element, state, api) { …; return { unmount() { … } }; },
//   };
//
// - `element` is empty and the experiment's own; when it is left, `unmount` is called (stop timers, destroy charts).
//   Several may be on one page (a chapter of the course mounts them too): no ids, no globals, no listeners on `document`
//   that stay.
// - `state` is an object of texts, the `key=value` pairs of the address `#/bench/NAME?key=value&…`. It is all that is needed
//   to set the experiment up; what is missing has a default.
// - `api` is what the page lends it:
//     api.session(name, state)   opens its half in the program: a promise of { ask(question) } (see `api.js`)
//     api.set(changes)           changes the state in the address (null takes a key out), without mounting again; inside
//                                the course the address stays
//     api.t(key, values), api.say({ en, zh }), api.language()    words (see `words.js`)
//     api.fail(error)            shows what went wrong, in place of the experiment's last such message
//     api.unpack(text)           a Float32Array of packed numbers
//   Charts are imported from `../charts.js`, elements made with `el` of `../dom.js`. When the language changes, the
//   experiment is unmounted and mounted again with its current state.
// - Style sheets: classes of `style.css`; an experiment's own rules are added to `bench/NAME.css`, which `style.css`
//   imports. No style attributes in text: the page's policy forbids them (`element.style.x = …` is allowed).
//
// One frame is: `const frame = await session.ask({ steps: 5 }); draw(frame); requestAnimationFrame(next)`.

/** A row: the name in the address, and its module, loaded when it is opened:
 *  { name: 'descent', load: () => import('./descent.js') } */
export const EXPERIMENTS = [
  { name: 'playground', load: () => import('./playground.js') },
  { name: 'weight', load: () => import('./weight.js') },
  { name: 'descent', load: () => import('./descent.js') },
  { name: 'landscape', load: () => import('./landscape.js') },
  { name: 'universal', load: () => import('./universal.js') },
  { name: 'averages', load: () => import('./averages.js') },
  { name: 'evolution', load: () => import('./evolution.js') },
];
