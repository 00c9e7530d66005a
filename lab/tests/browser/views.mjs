// Every view there is without a training: runs side by side, experiments, the course. Each opens without complaint, asks nobody
// else for anything, and has nothing serious for axe; screenshots, light and dark, wide and narrow.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, check, open, program as start, until } from './browser.mjs';

const QUICK = ['--net', 'dense 16 relu, dense 1 sigmoid', '--patience', '0', '--quiet'];

const LOOKS = {
  'light-wide': {},
  'dark-narrow-zh': { dark: true, width: 390, height: 844, locale: 'zh-CN' },
};

export async function run({ program, browser, shots }) {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-lab-'));
  const lab = { child: null };
  try {
    for (const [name, lr] of [['slow', '0.0005'], ['fast', '0.005']]) {
      const training = start(program, ['train', ...QUICK, '--epochs', '8', '--lr', lr, '--out', join(folder, name)]);
      check(await training.done === 0, training.text);
    }
    Object.assign(lab, start(program, ['lab', folder]));
    const [, url] = await lab.told(/at (http:\S+)/);
    const first = await open(browser, url);
    const cards = await list(first, `${url}#/bench`, '.cards a');
    const chapters = await list(first, `${url}#/course`, 'main a[href^="#/course/"]');
    await first.context().close();
    check(cards.length >= 7, `seven experiments are listed: ${cards}`);
    const views = ['#/runs', '#/bench', ...cards, '#/course', ...chapters];
    for (const [look, options] of Object.entries(LOOKS)) {
      const page = await open(browser, url, options);
      for (const hash of views) {
        await page.goto(`${url}${hash}`);
        await page.waitForSelector('main h1');
        await page.waitForTimeout(1200);
        const name = hash.slice(2).replace(/\W+/g, '-');
        await page.screenshot({ path: `${shots}/${name}-${look}.png`, fullPage: !hash.startsWith('#/course/') });
        const failed = (await page.locator('.failed').allTextContents()).filter(Boolean);
        check(failed.length === 0 && page.wrong.length === 0, `${hash}, ${look}: ${[...failed, ...page.wrong]}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(wide <= 0, `${hash}, ${look}: the page is ${wide} pixels too wide`);
        if (!hash.startsWith('#/course/') || hash === chapters[0]) await accessible(page, `${hash}, ${look}`);
      }
      await page.context().close();
    }
    console.log(`        ${views.length} views in ${Object.keys(LOOKS).length} looks`);
  } finally {
    lab.child?.kill('SIGKILL');
    await lab.done;
    rmSync(folder, { recursive: true });
  }
}

/** The addresses of the links of a list. */
async function list(page, url, links) {
  await page.goto(url);
  await until(async () => await page.locator(links).count() > 0, `${links} are listed`);
  const all = await page.locator(links).evaluateAll((nodes) => nodes.map((n) => n.getAttribute('href').split('?')[0]));
  return [...new Set(all)];
}
