// The page's own words, in English and Chinese, and which of them is spoken.
//
//   t('pause')                 the word of a key in the language chosen
//   t('step', { n: 12 })       with {n} filled in
//   say({ en: '…', zh: '…' })  the same for a pair that a module brings along

/** Every word of the page. Experiments and the course bring their own pairs. */
export const words = {
  skip: { en: 'Skip to the content', zh: '跳到正文' },
  watch: { en: 'Training', zh: '训练' },
  bench: { en: 'Experiments', zh: '实验' },
  course: { en: 'Course', zh: '课程' },
  other_language: { en: '中文', zh: 'English' },
  theme_auto: { en: 'Theme: as the system', zh: '主题：跟随系统' },
  theme_light: { en: 'Theme: light', zh: '主题：浅色' },
  theme_dark: { en: 'Theme: dark', zh: '主题：深色' },
  lost: { en: 'There is no such page.', zh: '没有这个页面。' },
  failed: { en: 'This did not work: {why}', zh: '出错了：{why}' },
  no_server: { en: 'The program does not answer. Is it still running?', zh: '程序没有响应。它还在运行吗？' },
  // Charts
  chart_menu: { en: 'Chart: export and data', zh: '图表：导出与数据' },
  chart_table: { en: 'Show as table', zh: '显示数据表' },
  chart_svg: { en: 'Save as SVG', zh: '保存为 SVG' },
  chart_png: { en: 'Save as PNG', zh: '保存为 PNG' },
  chart_csv: { en: 'Save as CSV', zh: '保存为 CSV' },
  chart_close: { en: 'Hide table', zh: '隐藏数据表' },
  chart_empty: { en: 'nothing to show yet', zh: '暂无数据' },
  chart_keys: { en: 'Arrow keys read the values.', zh: '用方向键读数。' },
  from_to: { en: 'from {a} to {b}', zh: '从 {a} 到 {b}' },
  value: { en: 'value', zh: '值' },
  // The course
  course_about: {
    en: 'From a single neuron to a program that tells cats from dogs: how networks learn, with numbers worked through and an experiment in every chapter.',
    zh: '从一个神经元到能分辨猫狗的程序：网络怎样学习。每一章都有算到底的数字和可以动手的实验。',
  },
  contents: { en: 'Contents', zh: '目录' },
  chapters: { en: 'Chapters', zh: '章节' },
  chapter: { en: 'Chapter {n}', zh: '第 {n} 章' },
  chapter_before: { en: 'Previous', zh: '上一章' },
  chapter_after: { en: 'Next', zh: '下一章' },
  on_the_bench: { en: 'Open on the bench', zh: '在实验台上打开' },
};

/** The languages of the page. */
export const LANGUAGES = ['en', 'zh'];

let chosen = read() ?? ((navigator.language ?? '').startsWith('zh') ? 'zh' : 'en');
const listeners = new Set();

function read() {
  try {
    const kept = localStorage.getItem('gradus-language');
    return LANGUAGES.includes(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** `en` or `zh`. */
export const language = () => chosen;

/** Speaks another language from now on, and tells everyone who asked. */
export function speak(wanted) {
  chosen = wanted;
  try {
    localStorage.setItem('gradus-language', wanted);
  } catch {
    // Kept for this page only.
  }
  for (const listener of listeners) listener();
}

/** Calls `listener` when the language changes. */
export const onLanguage = (listener) => listeners.add(listener);

/** What a pair says in the language chosen. */
export const say = (pair) => (typeof pair === 'string' ? pair : (pair[chosen] ?? pair.en));

/** The word of a key, with `{name}`s filled in. */
export function t(key, values = {}) {
  const pair = words[key];
  if (!pair) throw new Error(`words.js has no word ${key}`);
  return say(pair).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}
