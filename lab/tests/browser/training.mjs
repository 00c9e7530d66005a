// A training on the built-in pictures, watched and steered in the browser, and repeated from its record.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, check, open, program as start, until } from './browser.mjs';

const JOB = ['train', '--net', 'dropout 0.3, dense 48 relu, dense 24 sigmoid, dense 1 sigmoid', '--epochs', '300', '--patience', '0', '--lr', '0.002'];

export async function run({ program, browser, shots }) {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-lab-'));
  const run = join(folder, 'run');
  const began = Date.now();
  const training = start(program, [...JOB, '--out', run, '--lab']);
  try {
    const [, url] = await training.told(/page\s+(http:\S+)/);
    const served = Date.now() - began;
    const page = await open(browser, url);
    await page.waitForSelector('.status h1');
    const drawn = await page.evaluate(() => Math.round(performance.getEntriesByName('gradus-drawn')[0].startTime));
    console.log(`        ${served} ms from the command to the address, ${drawn} ms from there to the page drawn`);
    await atOnce(page);
    await watch(page);
    await neurons(page);
    await steer(page);
    await everywhere(page, browser, url, shots);
    await page.click('text=Go on');
    await until(async () => await page.textContent('.state') === 'Ended', 'the training ends', 400);
    await page.screenshot({ path: `${shots}/training-ended.png`, fullPage: true });
    const code = await training.done;
    check(code === 0, `the program ended with ${code}:\n${training.text}`);
    check(page.wrong.filter((w) => !/ERR_/.test(w)).length === 0, `the page complained: ${page.wrong}`);
    await page.context().close();
    await repeated(program, training, run, folder);
  } finally {
    training.child.kill('SIGKILL');
    await training.done;
    rmSync(folder, { recursive: true });
  }
}

const step = async (page) => Number((await page.textContent('.numbers div:nth-child(2) dd')).replace(/,/g, ''));
const curve = (page) => page.getAttribute('.curves .chart-line:not(.faint)', 'd');

/** Curves move, the wall fills, the matrix counts, the looks inside arrive. */
async function watch(page) {
  await until(async () => await page.locator('.curves .chart-line:not(.faint)').count() > 0, 'the loss is drawn', 180);
  const first = await curve(page);
  await until(async () => await curve(page) !== first, 'the curve moves');
  await until(async () => await page.locator('.tile').count() >= 48, 'the wall fills');
  const counts = await page.locator('.matrix button').allTextContents();
  check(counts.length === 4, 'two classes make four cells');
  const total = counts.reduce((a, b) => a + Number(b), 0);
  check(total > 100, `the matrix counts ${total} pictures`);
  await until(async () => await page.locator('.units canvas').count() >= 48, 'the first layer is shown');
  await until(async () => await page.locator('.layers li').count() === 5, 'the network is drawn');
  const painted = await page.locator('.tile canvas').first().evaluate((c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size);
  check(painted > 20, 'a picture is painted');
}

/** All modules were asked for by the page itself, before the first of them had come: none waited for another that imports it. */
async function atOnce(page) {
  const late = await page.evaluate(() => {
    const modules = performance.getEntriesByType('resource').filter((e) => e.name.endsWith('.js'));
    const { responseEnd } = modules.find((e) => e.name.endsWith('/app.js'));
    return modules.filter((e) => e.startTime > responseEnd).map((e) => e.name);
  });
  check(late.length === 0, `not named by the page: ${late}`);
}

/** The small network is drawn with every weight and neuron, moves on, and tells its numbers to pointer, keyboard and table. */
async function neurons(page) {
  const lines = page.locator('.neurons line.weight');
  await until(async () => await lines.count() === 48 * 24 + 24, 'every weight is a line');
  check(await page.locator('.neurons circle.unit').count() === 48 + 24 + 1, 'every neuron is a circle');
  const widths = () => lines.evaluateAll((all) => all.map((l) => l.getAttribute('stroke-width')).join());
  const first = await widths();
  await until(async () => await widths() !== first, 'the weights move');
  // The rest has time.
  await page.click('.controls >> text=Pause');
  check(await page.locator('.neurons .weight.above').count() > 100 && await page.locator('.neurons .weight.below').count() > 100, 'both signs are there');
  await page.waitForTimeout(1500);
  await page.focus('.neurons svg[tabindex]');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const readout = page.locator('.neurons .chart-readout');
  check(/2\.dense 2 · result .* · bias /.test(await readout.textContent()), `the keyboard reads a neuron: ${await readout.textContent()}`);
  // Circles are drawn anew with every look: each try finds the one there is.
  await until(async () => {
    const [x, y] = await page.locator('.neurons circle.unit').last().evaluate((c) => {
      c.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = c.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    });
    await page.mouse.move(x, y);
    return /^[34]\.dense/.test(await readout.textContent());
  }, 'the pointer reads a neuron');
  // The last neuron's result on a picture is what the wall says of that picture.
  await page.mouse.move(0, 0);
  await page.locator('.examples button').nth(1).click();
  await page.click('.neurons .chart-menu summary');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('.neurons .chart-menu >> text=Save as CSV')]);
  const rows = readFileSync(await saved.path(), 'utf8').split('\r\n').slice(1).map((row) => row.split(','));
  check(rows.filter((row) => row[1] === 'weight').length === 48 * 24 + 24, 'the table has every weight');
  const said = Number(rows.filter((row) => row[1] === 'result').at(-1)[3]);
  const tile = await page.locator('.tile').first().getAttribute('title');
  const [, sure] = tile.match(/, (\d+) %$/);
  check(Math.abs(100 * Math.max(said, 1 - said) - Number(sure)) <= 0.51, `the last neuron says ${said}, the wall ${tile}`);
  await page.click('.controls >> text=Go on');
  // Until the page has heard of it, a click on the same button would say so again, and not pause.
  await until(async () => await page.textContent('.state') !== 'Paused', 'it goes on');
}

/** Pause, one step, another rate, save; every change has its effect. */
async function steer(page) {
  await page.click('.pause');
  await until(async () => await page.textContent('.state') === 'Paused', 'it pauses');
  // On a busy machine the page may still be told of steps made before.
  let paused;
  await until(async () => {
    paused = await step(page);
    await page.waitForTimeout(600);
    return await step(page) === paused;
  }, 'it stands still');
  await page.click('text=One step');
  await until(async () => await step(page) === paused + 1, 'it makes one step');
  await page.waitForTimeout(500);
  check(await step(page) === paused + 1, 'and waits again');
  await page.fill('.rates input', '0.5');
  await page.click('.rates button[type=submit]');
  await page.click('.controls >> text=Save');
  await page.click('text=One step');
  await until(async () => (await page.textContent('.record summary')).includes('(1)'), 'the change is on record');
  await until(async () => (await page.textContent('.numbers')).includes('0.001'), 'the rate is half');
  // The keyboard reads a chart.
  await page.focus('.curves svg[tabindex]');
  await page.keyboard.press('End');
  check((await page.textContent('.curves .chart-readout')).includes('loss') || (await page.textContent('.curves .chart-readout')).length > 5, 'arrow keys read values');
  // A cell opens its pictures.
  const cell = page.locator('.matrix button').nth(1);
  const n = Number(await cell.textContent());
  await cell.click();
  await page.mouse.move(0, 0);
  const shown = await page.locator('.tile').count();
  check(shown === Math.min(n, 48), `the cell says ${n}, ${shown} are shown`);
  await page.click('text=show all');
  // A chart is saved.
  await page.click('.curves .chart-menu summary');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('.curves .chart-menu >> text=Save as SVG')]);
  check(saved.suggestedFilename() === 'loss.svg', saved.suggestedFilename());
  const svg = readFileSync(await saved.path(), 'utf8');
  check(svg.startsWith('<svg') && svg.includes('stroke="rgb('), 'the file carries its colours');
}

/** Light and dark, wide and narrow, both languages: screenshots, and nothing serious for axe. A page that comes late has all. */
async function everywhere(page, browser, url, shots) {
  await page.screenshot({ path: `${shots}/training-light-wide.png`, fullPage: true });
  await accessible(page, 'light');
  for (const [name, options] of Object.entries({
    'dark-wide': { dark: true },
    'light-narrow': { width: 390, height: 844 },
    'dark-narrow-zh': { width: 390, height: 844, dark: true, locale: 'zh-CN' },
  })) {
    const late = await open(browser, url, options);
    await until(async () => await late.locator('.tile').count() >= 48, `the late page (${name}) has its pictures`);
    check(await step(late) === await step(page), 'a late page knows the step');
    await until(async () => (await curve(late))?.length > 100, 'and the curve');
    await late.waitForTimeout(300);
    const wide = await late.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wide <= 0, `${name}: the page is ${wide} pixels too wide`);
    await late.screenshot({ path: `${shots}/training-${name}.png`, fullPage: true });
    await accessible(late, name);
    check(late.wrong.length === 0, `${name}: ${late.wrong}`);
    await late.context().close();
  }
}

/** The run, repeated from its record, ends with the same weights; without the record it does not. */
async function repeated(program, training, run, folder) {
  const [, hash] = training.text.match(/^θ (\w{16})$/m) ?? [];
  check(hash, `no hash in\n${training.text}`);
  const record = readFileSync(join(run, 'steering.jsonl'), 'utf8');
  check(/^\{"after_step":\d+,"do":"rate","factor":0.5\}\n$/.test(record), record);
  const again = start(program, ['train', '--repeat', run, '--out', join(folder, 'again'), '--threads', '1']);
  const plain = [await again.done, again.text.match(/^θ (\w{16})$/m)?.[1]];
  check(plain[0] === 0 && plain[1] === hash, `repeated: ${plain}, was ${hash}`);
  const alone = start(program, ['train', join(run, 'run.toml'), '--out', join(folder, 'alone')]);
  await alone.done;
  const other = alone.text.match(/^θ (\w{16})$/m)?.[1];
  check(other && other !== hash, `without the record it is another training: ${other}`);
  console.log(`        steered θ ${hash}, repeated θ ${plain[1]}, not steered θ ${other}`);
}
