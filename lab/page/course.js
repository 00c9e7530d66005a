// The course: `#/course` is the contents, `#/course/03-pictures` a chapter.
//
// The chapters are files of this page, made of `book/` when the program was built. Each experiment inside a chapter has a
// place there, which says its name and its state: it is mounted when it comes near the window, as on the bench.

import { get } from './api.js';
import { EXPERIMENTS } from './bench/index.js';
import { el } from './dom.js';

/** `rest` is the name of a chapter, or nothing. */
export async function mount(element, rest, _state, api) {
  const contents = await get('course/contents.json');
  const number = contents.findIndex((chapter) => chapter.name === rest);
  if (rest && number < 0) {
    element.append(el('p', { class: 'failed' }, api.t('lost')));
    return {};
  }
  const list = el('ol', { class: 'course-list' }, contents.map((chapter, i) => el('li', {},
    el('a', { href: address(chapter), 'aria-current': i === number ? 'page' : null }, api.say(chapter)))));
  if (!rest) {
    element.append(el('h1', {}, api.t('course')), el('p', { class: 'about' }, api.t('course_about')), list);
    return {};
  }
  return chapter(element, contents, number, list, api);
}

/** Where the reader was when the last chapter was left: in another language it is opened there again. */
let bookmark = { name: '', share: 0 };

const address = (chapter) => `#/course/${chapter.name}`;

async function chapter(element, contents, number, list, api) {
  const article = el('article', { class: 'chapter' });
  article.innerHTML = await get(`course/${api.language()}/${contents[number].name}.html`);
  article.querySelector('h1').before(el('p', { class: 'chapter-number' }, api.t('chapter', { n: number + 1 })));
  const beside = el('nav', { class: 'course-nav', 'aria-label': api.t('contents') },
    el('details', { open: matchMedia('(min-width: 1000px)').matches }, el('summary', {}, api.t('contents')), list));
  element.append(el('div', { class: 'course' }, beside, el('div', {}, article, steps(contents, number, api))));
  const { name } = contents[number];
  window.scrollTo(0, bookmark.name === name ? bookmark.share * document.documentElement.scrollHeight : 0);

  const open = new Set();
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      fill(target, api).then((end) => open.add(end));
    }
  }, { rootMargin: '300px' });
  for (const place of article.querySelectorAll('.course-place')) near.observe(place);

  let left = false;
  return {
    unmount() {
      left = true;
      bookmark = { name, share: window.scrollY / document.documentElement.scrollHeight };
      near.disconnect();
      for (const end of open) end();
    },
  };

  /** Mounts the experiment of a place; a promise of what ends it. */
  async function fill(place, lent) {
    const state = JSON.parse(place.dataset.state);
    const name = place.dataset.experiment;
    const inside = el('div', { class: 'experiment' });
    const message = el('div');
    const link = el('a', { href: `#/bench/${name}?${new URLSearchParams(state)}` }, lent.t('on_the_bench'));
    place.append(message, inside, el('p', { class: 'course-foot' }, link));
    /** The address stays that of the chapter; the link goes along with what was changed. */
    const set = (changes) => {
      Object.assign(state, changes);
      for (const key of Object.keys(state)) if (state[key] === null || state[key] === undefined) delete state[key];
      link.href = `#/bench/${name}?${new URLSearchParams(state)}`;
    };
    const fail = (error) => {
      message.replaceChildren();
      if (error) message.append(el('p', { class: 'failed', role: 'alert' }, lent.t('failed', { why: error.message ?? String(error) })));
    };
    try {
      const row = EXPERIMENTS.find((e) => e.name === name);
      if (!row) throw new Error(lent.t('lost'));
      const experiment = (await row.load()).default;
      place.prepend(el('h2', { class: 'course-title' }, lent.say(experiment.title)));
      const view = await experiment.mount(inside, { ...state }, { ...lent, set, fail });
      if (left) view?.unmount?.();
      return () => view?.unmount?.();
    } catch (error) {
      console.error(error);
      fail(error);
      return () => {};
    }
  }
}

/** The chapters before and after. */
function steps(contents, number, api) {
  const link = (chapter, word, rel) => chapter && el('a', { class: `course-${rel}`, rel, href: address(chapter) },
    el('span', {}, api.t(word)), el('strong', {}, api.say(chapter)));
  return el('nav', { class: 'course-steps', 'aria-label': api.t('chapters') },
    link(contents[number - 1], 'chapter_before', 'prev') ?? null, link(contents[number + 1], 'chapter_after', 'next') ?? null);
}
