// What goes wrong is told in both languages: units that die in a training under way, and the verdict that ends one.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, check, open, program as start, until } from './browser.mjs';

const JOB = ['train', '--image', '12x12', '--patience', '0', '--lab'];

export async function run({ program, browser, shots }) {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-lab-'));
  const started = [];
  const train = async (name, ...more) => {
    const training = start(program, [...JOB, ...more, '--out', join(folder, name)]);
    started.push(training);
    const [, url] = await training.told(/page\s+(http:\S+)/);
    return { training, url };
  };
  try {
    const dying = await train('dying', '--net', 'dense 32 relu init=zeros, dense 1 sigmoid', '--epochs', '100000');
    const [english, chinese] = [await open(browser, dying.url), await open(browser, dying.url, { locale: 'zh-CN', dark: true, width: 390, height: 844 })];
    const said = (page) => page.locator('.trouble').allTextContents();
    await until(async () => (await said(english)).some((s) => /units of 1\.dense are dead since epoch \d+/.test(s)), 'dead units are told', 120);
    await until(async () => (await said(chinese)).some((s) => /自第 \d+ 轮起，1\.dense 的 32 个单元中有 \d+ 个已死亡/.test(s)), 'also in Chinese', 120);
    check((await said(chinese)).every((s) => s.includes('怎么办') && !/[a-z]{4,} [a-z]{4,} [a-z]{4,}/.test(s)), `no English is left: ${await said(chinese)}`);
    const [, line] = await dying.training.told(/^note +(.*are dead since.*mend: .*)$/m);
    check(line, 'the terminal tells too');
    // Nothing moves while it is looked at.
    await english.evaluate(() => document.querySelector('.pause').click());
    await until(async () => await english.textContent('.state') === 'Paused', 'it pauses');
    await accessible(chinese, 'trouble, dark, narrow');
    await chinese.screenshot({ path: `${shots}/trouble-dark-narrow-zh.png` });
    await english.screenshot({ path: `${shots}/trouble-light-wide.png` });
    for (const page of [english, chinese]) {
      check(page.wrong.length === 0, `the page complained: ${page.wrong}`);
      await page.context().close();
    }

    // With weights pulled to zero a rate a million times as large throws them to and fro, ever further; the page makes it so, to be there when it ends.
    const lost = await train('lost', '--net', 'dense 32 relu, dense 1 sigmoid', '--lr', '0.01', '--l2', '1', '--optimizer', 'sgd', '--epochs', '100000');
    const page = await open(browser, lost.url, { locale: 'zh-CN' });
    page.mayLose = true;
    await page.fill('.rates input', '1000000');
    await page.click('.rates button[type=submit]');
    await until(async () => (await said(page)).some((s) => s.includes('步出了问题')), 'the verdict comes', 120);
    const [text] = await said(page);
    check(/学习率 (10000|1e4)/.test(text) && text.includes('太大') && text.includes('不是有限数') && text.includes('检查点'), text);
    await page.screenshot({ path: `${shots}/verdict-light-wide-zh.png` });
    check(await lost.training.done === 3, lost.training.text);
    await page.context().close();
  } finally {
    for (const { child, done } of started) {
      child.kill('SIGKILL');
      await done;
    }
    rmSync(folder, { recursive: true });
  }
}
