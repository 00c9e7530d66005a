// The course as a reader meets it: every chapter, its experiments running, in both languages.

import { accessible, check, open, program as start, until } from './browser.mjs';

const LOOKS = { en: {}, zh: { dark: true, width: 390, height: 844, locale: 'zh-CN' } };

export async function run({ program, browser, shots }) {
  const lab = start(program, ['lab']);
  try {
    const [, url] = await lab.told(/at (http:\S+)/);
    for (const [language, options] of Object.entries(LOOKS)) {
      const page = await open(browser, `${url}#/course`, options);
      const links = page.locator('main .course-list a');
      await until(async () => await links.count() > 0, 'the chapters are listed');
      const chapters = await links.evaluateAll((nodes) => nodes.map((n) => n.getAttribute('href')));
      check(chapters.length >= 12, `${chapters.length} chapters`);
      for (const [number, hash] of chapters.entries()) await chapter(page, url, hash, `${language} ${number + 1}`, shots);
      await turn(page, url, chapters, language);
      check(page.wrong.length === 0, `${language}: ${page.wrong}`);
      await page.context().close();
      console.log(`        ${chapters.length} chapters, ${language}`);
    }
  } finally {
    lab.child.kill('SIGKILL');
    await lab.done;
  }
}

/** A chapter has its formulas, its experiments draw something, its answer unfolds, nothing is too wide. */
async function chapter(page, url, hash, where, shots) {
  await page.goto(`${url}${hash}`);
  await until(async () => await page.locator(`.course-nav [aria-current][href="${hash}"]`).count() === 1, `${where} opens`);
  const formulas = await page.locator('.chapter > p math').evaluateAll((all) => all.filter((m) => m.getBoundingClientRect().width > 0).length);
  check(formulas > 2, `${where}: ${formulas} formulas are drawn`);
  for (const place of await page.locator('.course-place').all()) {
    await place.scrollIntoViewIfNeeded();
    await until(async () => await place.locator('svg path[d], canvas').count() > 0, `${where}: the experiment draws`);
    check((await place.locator('.course-title').textContent()).length > 1, `${where}: the experiment has a name`);
  }
  // Not before all experiments stand: one that grows moves the page under the pointer.
  const answer = page.locator('.chapter > details');
  await answer.locator('summary').click();
  await until(async () => await answer.locator('p').first().isVisible(), `${where}: the answer unfolds`);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${shots}/course-${where.replace(' ', '-')}.png` });
  const failed = (await page.locator('.failed').allTextContents()).filter(Boolean);
  check(failed.length === 0, `${where}: ${failed}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, `${where}: the page is ${wide} pixels too wide`);
  check(page.wrong.length === 0, `${where}: ${page.wrong}`);
  await accessible(page, where);
  // axe tries styles of its own, which the page's policy forbids.
  page.wrong.length = 0;
}

/** Next, previous, and the same chapter in the other language. */
async function turn(page, url, chapters, language) {
  const here = (i) => until(async () => page.url().endsWith(chapters[i]) && await page.locator('.chapter h1').count() === 1, `chapter ${i + 1}`);
  await page.goto(`${url}${chapters[1]}`);
  await here(1);
  await page.click('.course-next');
  await here(2);
  await page.click('.course-prev');
  await here(1);
  const title = await page.textContent('.chapter h1');
  await page.click('#language');
  await until(async () => ![title, null].includes(await page.textContent('.chapter h1').catch(() => null)), `${language}: the other language`);
  await here(1);
}
