// The playground, the glass and the landscape in the browser: forward, back to the very bits, by an address, by the keyboard.

import { readFileSync } from 'node:fs';
import { accessible, check, open, program as start, until } from './browser.mjs';

const SPIRAL = 'data=spiral&noise=0.02&net=dense 8 relu, dense 8 relu, dense 1 sigmoid&lr=0.02';

export async function run({ program, browser, shots }) {
  const lab = start(program, ['lab', '--port', '0']);
  try {
    const [, url] = await lab.told(/(http:\S+)/);
    const at = (hash, more) => open(browser, `${url}#/bench/${hash}`, more);
    await thereAndBack(at);
    await pace(at);
    await ownPoints(at);
    await wrongLine(at);
    await glass(at);
    await landscape(at);
    await everywhere(at, shots);
  } finally {
    lab.child.kill();
  }
}

const step = async (page) => Number((await page.textContent('.steps-bar .standing strong').catch(() => '')).replace(/\D/g, '') || NaN);
const hash = (page) => page.textContent('.steps-bar .standing code');
const press = (page, name) => page.click(`.steps-bar button[aria-label="${name}"]`);
const arrive = (page, n) => until(async () => await step(page) === n, `step ${n}`);
const done = async (page) => {
  check(page.wrong.length === 0, `the page complained: ${page.wrong}`);
  await page.context().close();
};

async function thereAndBack(at) {
  const page = await at(`playground?${SPIRAL}`);
  await arrive(page, 0);
  const first = await hash(page);
  await page.focus('.steps-bar .play');
  await page.keyboard.press('Enter');
  await until(async () => await step(page) >= 60, 'it plays');
  await page.keyboard.press('Enter');
  await until(async () => /step=\d/.test(page.url()), 'the address has the step');
  const there = await step(page);
  check(new URL(page.url()).hash.endsWith(`step=${there}`), `the address is that of step ${there}: ${page.url()}`);
  const bits = await hash(page);
  await press(page, 'One step back');
  await arrive(page, there - 1);
  check(await hash(page) !== bits, 'a step back has other weights');
  await press(page, 'One step');
  await arrive(page, there);
  check(await hash(page) === bits, 'forward again has the very weights');
  const same = await at(page.url().split('#/bench/')[1]);
  await arrive(same, there);
  check(await hash(same) === bits, 'the address alone has the very weights');
  await done(same);
  await taken(page, there);
  await press(page, 'To the start');
  await arrive(page, 0);
  check(await hash(page) === first, 'the start is the start');
  // Neuron by neuron.
  await page.focus('.net-neuron[data-key="1.0"]');
  await page.keyboard.press('ArrowDown');
  await until(async () => /dense 1\.2/.test(await page.textContent('.reading')), 'the next neuron is read');
  await page.keyboard.press('ArrowRight');
  await until(async () => /2\.2/.test(await page.textContent('.face-card h2')), 'the square shows the neuron');
  await done(page);
}

/** How many pictures a second it draws while it plays: said, not judged. */
async function pace(at) {
  const page = await at('playground?data=circle');
  await arrive(page, 0);
  await press(page, 'Play');
  const first = await until(async () => await step(page), 'it plays');
  const began = Date.now();
  await page.waitForTimeout(3000);
  const drawn = (await step(page) - first) / 10;
  console.log(`        ${Math.round(1000 * drawn / (Date.now() - began))} pictures a second while it plays, 10 steps each`);
  check(drawn > 0, 'it goes on');
  await done(page);
}

/** The network is saved as a file that says what it is; the optimizer's rule is typeset. */
async function taken(page, there) {
  check(await page.locator('.rule-card math mfrac').count() >= 3, 'the rule of Adam has its fractions');
  check((await page.textContent('.rule-card')).includes('binary_cross_entropy') && await page.locator('.rule-card .maths').count() === 2, 'so has the loss');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('text=Save the network')]);
  check(saved.suggestedFilename() === 'model.safetensors', saved.suggestedFilename());
  const bytes = readFileSync(await saved.path());
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  const says = header.__metadata__;
  check(/^dense 8 relu.*, dense 8 relu.*, dense 1 sigmoid/.test(says.network) && says.step === String(there), JSON.stringify(says));
  check(String(header['2.dense.weight'].shape) === '8,8', JSON.stringify(header));
}

async function ownPoints(at) {
  const page = await at('playground?data=own&lr=0.1');
  const box = await (await page.waitForSelector('.surface')).boundingBox();
  for (const [x, y, label] of [[0.25, 0.5, 0], [0.75, 0.5, 1]]) {
    await page.click(`.brush-${label}`);
    await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
    await until(async () => new RegExp(`${label}$`).test(new URLSearchParams(page.url().split('?')[1]).get('points') ?? ''), 'the point is in the address');
  }
  await page.fill('.small-settings .own textarea', 'x,y,kind\n10,20,cat\n30,5,dog\n12,18,cat');
  await page.locator('.small-settings .own textarea').blur();
  await until(async () => (await page.textContent('.brushes')).includes('dog'), 'a pasted table names its classes');
  await page.click('.steps-bar .play');
  await until(async () => /100 %/.test(await page.textContent('.scores')), 'own points are learnt');
  await done(page);
}

async function wrongLine(at) {
  const page = await at('playground?net=dense 8 tahn, dense 1 sigmoid');
  page.mayLose = true;
  const words = await (await page.waitForSelector('.failed')).textContent();
  check(words.includes('did you mean `tanh`?'), `what is wrong is said: ${words}`);
  page.wrong = page.wrong.filter((w) => !/status of 4/.test(w));
  await page.fill('.small-settings textarea.mono', 'dense 3 tanh, dense 1 sigmoid');
  await page.locator('.small-settings textarea.mono').blur();
  await arrive(page, 0);
  check(await page.locator('.failed').count() === 0, 'mended, nothing is wrong');
  await done(page);
}

async function glass(at) {
  const page = await at('weight?data=xor&net=dense 3 tanh, dense 1 sigmoid&batch=6&lr=0.1&weight=2');
  await page.waitForSelector('.math math');
  const formula = await page.textContent('.math .math-line:nth-of-type(2)');
  const rows = await page.$$eval('.glass table:has(.made) td:nth-child(2)', (cells) => cells.map((c) => Number(c.textContent.replace('−', '-'))));
  check(rows.length === 5 && rows.every((v) => Math.abs(v - rows[4]) < 1e-4) && rows[4] !== 0, `the ways agree: ${rows}`);
  const promised = await page.textContent('tr.whole td:nth-child(3)');
  await page.click('text=Next step');
  await arrive(page, 1);
  check(await page.textContent('tr.whole td:nth-child(2)') === promised, 'the step shown is the step made');
  await page.click('[data-weight="7"]');
  await until(async () => await page.textContent('.math .math-line:nth-of-type(2)') !== formula, 'another weight has another formula');
  await done(page);
}

async function landscape(at) {
  const page = await at('landscape?steps=60&grid=15&optimizers=sgd lr=0.3; adam lr=0.02');
  await until(async () => await page.locator('.landscape tbody tr').count() === 2, 'both have raced');
  await page.waitForSelector('.landscape .chart-contour');
  const words = await page.textContent('.map-words');
  check(/33 dimensions/.test(words), words);
  check(await page.locator('.landscape .chart-halo').count() === 2, 'both paths lie on the map');
  await done(page);
}

async function everywhere(at, shots) {
  const views = [['playground', 'playground?data=circle&lr=0.03&step=400', '.scores strong'], ['weight', 'weight', '.math math'],
    ['landscape', 'landscape?steps=60&grid=15', '.landscape .chart-contour']];
  for (const [name, address, ready] of views) {
    for (const [look, more] of [['light', {}], ['dark', { dark: true, locale: 'zh-CN' }], ['phone', { width: 390, height: 780 }]]) {
      const page = await at(address, more);
      await page.waitForSelector(ready);
      if (name === 'playground') await arrive(page, 400);
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${shots}/${name}-${look}.png`, fullPage: true });
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
      check(over <= 0, `${name}, ${look}: ${over} pixels stick out at the side`);
      check(page.wrong.length === 0, `${name}, ${look}: the page complained: ${page.wrong}`);
      // What axe does to the page is against its policy, and no fault of it.
      await accessible(page, `${name}, ${look}`);
      await page.context().close();
    }
  }
}
