// The frame of the page: head, languages, light and dark, and which view the address asks for.
//
//   #/watch                    a training under way
//   #/runs                     runs on the disk, side by side
//   #/bench                    all experiments
//   #/bench/NAME?key=value     one, set up by what follows
//   #/course                   the contents of the course
//   #/course/CHAPTER           one chapter
//
// A section is a row of SECTIONS: `load()` promises a module with `mount(element, rest, state, api) -> { unmount() }`, where
// `rest` is the address after the section's name.

import { session, unpack } from './api.js';
import { el } from './dom.js';
import { language, onLanguage, say, speak, t } from './words.js';

const SECTIONS = [
  { name: 'watch', shown: (lab) => lab.watch, load: () => import('./watch/index.js') },
  { name: 'runs', shown: (lab) => lab.runs > 0, load: () => import('./runs/index.js') },
  { name: 'bench', shown: () => true, load: () => import('./bench/view.js') },
  { name: 'course', shown: () => true, load: () => import('./course.js') },
];

const main = document.getElementById('main');
const sections = document.getElementById('sections');
/** What the program has to show: `{ watch, runs }`. */
const lab = JSON.parse(document.querySelector('meta[name=gradus-lab]').content);
let mounted = null;
/** Counts views, so that one that loads late does not come over the next. */
let turn = 0;

/** `#/bench/descent?lr=0.1` is `{ section: 'bench', rest: 'descent', state: { lr: '0.1' } }`. */
function address() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [section, ...rest] = path.split('/');
  return { section, rest: rest.join('/'), state: Object.fromEntries(new URLSearchParams(query ?? '')) };
}

/** Changes the state in the address without coming back to it. */
function set(changes) {
  const { section, rest, state } = address();
  const next = { ...state, ...changes };
  for (const key of Object.keys(next)) if (next[key] === null || next[key] === undefined) delete next[key];
  const query = new URLSearchParams(next).toString();
  history.replaceState(null, '', `#/${[section, rest].filter(Boolean).join('/')}${query && `?${query}`}`);
}

/** What a view is lent. */
function lend(element) {
  let message = null;
  const fail = (error) => {
    message?.remove();
    message = null;
    if (!error) return;
    message = el('p', { class: 'failed', role: 'alert' }, t('failed', { why: error.message ?? String(error) }));
    element.prepend(message);
  };
  return { session, unpack, set, fail, t, say, language, lab };
}

async function show() {
  const here = ++turn;
  const { section, rest, state } = address();
  const offered = SECTIONS.filter((s) => s.shown(lab));
  if (!section && offered.length) {
    history.replaceState(null, '', `#/${offered[0].name}`);
    return show();
  }
  frame(section, offered);
  mounted?.unmount?.();
  mounted = null;
  const wanted = offered.find((s) => s.name === section);
  const element = el('div', { class: `view view-${section}` });
  main.replaceChildren(element);
  if (!wanted) return element.append(el('p', { class: 'failed' }, t('lost')));
  try {
    const module = await wanted.load();
    if (here !== turn) return;
    const view = await module.mount(element, rest, state, lend(element));
    if (here !== turn) return view?.unmount?.();
    mounted = view;
  } catch (error) {
    console.error(error);
    lend(element).fail(error);
  }
}

function frame(section, offered) {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = t(node.dataset.word);
  sections.replaceChildren(...offered.map((s) => el('a', {
    href: `#/${s.name}`,
    'aria-current': s.name === section ? 'page' : null,
  }, t(s.name))));
  const other = document.getElementById('language');
  other.textContent = t('other_language');
  other.lang = language() === 'zh' ? 'en' : 'zh-CN';
  theme();
}

const THEMES = ['auto', 'light', 'dark'];
const SIGNS = { auto: '◐', light: '☀', dark: '☾' };

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
let kept = 'auto';

/** Applies the theme, or another one: `data-theme` is always the one that is seen, and whoever paints is told of a new one. */
function theme(next) {
  try {
    if (next) localStorage.setItem('gradus-theme', next);
    kept = localStorage.getItem('gradus-theme') ?? 'auto';
  } catch {
    kept = next ?? kept;
  }
  const seen = kept === 'auto' ? (systemIsDark.matches ? 'dark' : 'light') : kept;
  const isNew = document.documentElement.dataset.theme !== seen;
  document.documentElement.dataset.theme = seen;
  const button = document.getElementById('theme');
  button.textContent = SIGNS[kept];
  button.title = t(`theme_${kept}`);
  button.setAttribute('aria-label', t(`theme_${kept}`));
  if (isNew) window.dispatchEvent(new Event('gradus-theme'));
  return kept;
}

document.getElementById('theme').addEventListener('click', () => {
  theme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
});
systemIsDark.addEventListener('change', () => theme());
document.getElementById('language').addEventListener('click', () => speak(language() === 'zh' ? 'en' : 'zh'));
onLanguage(show);
window.addEventListener('hashchange', show);
show();
