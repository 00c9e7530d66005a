// Descent, universal approximation, averages and evolution: set up, steered and read as a person would.

import { accessible, check, open, program as start, until } from './browser.mjs';

export async function run({ program, browser, shots }) {
  const lab = start(program, ['lab']);
  try {
    const [url] = await lab.told(/http:\/\/127\S+/);
    await descent(browser, url);
    await universal(browser, url);
    await averages(browser, url);
    await evolution(browser, url);
    await everywhere(browser, url, shots);
  } finally {
    lab.child.kill();
    await lab.done;
  }
}

/** An experiment, ready. */
async function at(browser, url, hash, more) {
  const page = await open(browser, `${url}#/bench/${hash}`, more);
  await page.waitForSelector('.player-label, .averages .chart-line');
  return page;
}

/** No error, and away with it. */
async function leave(page) {
  check(page.wrong.length === 0, `the page complained: ${page.wrong}`);
  await page.context().close();
}

async function descent(browser, url) {
  const page = await at(browser, url, 'descent?steps=50');
  const start = () => page.locator('.start-handle').getAttribute('aria-valuetext');
  const said = async (pattern, what) => until(async () => pattern.test(await page.locator('.verdict').first().textContent()), what, 10);
  await until(async () => await start() === '2, 1.5', 'the usual start');

  const box = await page.locator('.descent-map').boundingBox();
  await page.mouse.move(box.x + 300, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 150, { steps: 5 });
  await page.mouse.up();
  // A busy machine is late with what the mouse did.
  const rests = async () => {
    const then = await start();
    await page.waitForTimeout(500);
    return then !== '2, 1.5' && await start() === then;
  };
  await until(rests, 'the start is dragged');
  const [x, y] = (await start()).replaceAll('−', '-').split(', ').map(Number);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowUp');
  const near = (text, wanted) => text.replaceAll('−', '-').split(', ').every((v, i) => Math.abs(Number(v) - wanted[i]) < 0.002);
  await until(async () => near(await start(), [x - 0.06, y + 0.6]), 'two keys move it, however fast');

  // λ = 10: 0.1 leaps to the bottom of y, 0.3 flies apart.
  const rate = page.getByLabel('Learning rate η').last();
  await said(/ηλ|η λ = 0.1 × 10 = 1 is less than 2/, 'what is steady');
  await rate.fill('0.3');
  await rate.press('Enter');
  await said(/Diverged.*η λ = 0.3 × 10 = 3 is more than 2: η must stay below 0.2.*= 2\./s, 'what diverges, with its numbers');

  const f = page.getByLabel('Function of x, or of x and y');
  await f.fill('sin(3x) + x^2/4');
  await f.press('Enter');
  await until(async () => await page.locator('.formulas math[alttext="f′(x) = 3·cos(3·x) + 0.5·x"]').count() === 1, 'the slope is derived, and typeset');
  await until(() => new URL(page.url()).hash.includes('f=sin'), 'the address holds the formula', 5);
  const address = page.url();
  await f.fill('');
  await f.pressSequentially('x^2/(1 + y^2)');
  await until(async () => await page.locator('.formulas math[alttext="f(x, y) = x² / (1 + y²)"] mfrac').count() === 1, 'a formula is set while it is typed');
  check(page.url() === address, 'and not raced on');
  await page.locator('.rule summary').nth(2).click();
  check(await page.locator('.rule[open] math mfrac').count() >= 3, 'the rule of Adam has its fractions');
  await f.fill('sin(3x) + x^2/4');
  await f.press('Enter');
  page.mayLose = true;
  await f.fill('sin(3x');
  await f.press('Enter');
  await until(async () => /never closed[^]*\^[^]*mend: close it/.test(await page.locator('.failed:visible').textContent()), 'what is wrong is pointed at');
  page.mayLose = false;
  await f.fill('x^2');
  await f.press('Enter');
  await until(async () => await page.locator('.failed:visible').count() === 0, 'it is well again');

  await page.getByLabel('To the start').click();
  await page.getByLabel('One step on').click();
  await page.getByLabel('One step on').click();
  await page.getByLabel('One step back').click();
  check(await page.locator('.player-label').textContent() === 'Step 1', 'on, on, back');
  const row = await page.locator('table.numbers tbody tr').first().locator('td').allTextContents();
  check(row[0] === '0.8', `2 (1 − 2 · 0.3) is ${row[0]}`);
  await page.locator('.stage summary').click();
  await page.locator('.stage').getByText('Show as table').click();
  check(/^0\s+2\s+4\b/m.test(await page.locator('.stage .chart-table').innerText()), 'the paths as a table');
  await leave(page);
}

async function universal(browser, url) {
  const page = await at(browser, url, 'universal?steps=200');
  await until(async () => (await page.locator('.hint').first().textContent()).includes('Weights that do it exist'), 'it has learned');
  await page.getByText('Draw it yourself').click();
  const box = await until(() => page.locator('.armed svg[role=img]').boundingBox(), 'a chart to draw on');
  await page.mouse.move(box.x + 70, box.y + 220);
  await page.mouse.down();
  for (let i = 1; i <= 20; i += 1) await page.mouse.move(box.x + 70 + i * 26, box.y + 170 + 70 * Math.sin(i / 2));
  await page.mouse.up();
  await until(async () => (await page.locator('.setup .formulas').textContent()) === 'a drawn function', 'what is drawn is learned');
  await page.getByText('Back to the formula').click();
  await until(async () => await page.locator('.setup .formulas math[alttext^="f(x) ="]').count() === 1, 'back to the formula');
  await page.getByText('Measure it').click();
  await until(async () => await page.getByText('trained, start 3').count() > 0, 'errors against n');
  await leave(page);
}

async function averages(browser, url) {
  const page = await at(browser, url, 'averages?correction=0');
  await page.getByLabel('Your own series').fill('4, 4; 4\n4');
  await page.getByText('Use it').click();
  const weights = async () => page.locator('.window text').textContent();
  await until(async () => /= 10$/.test(await weights()), 'β = 0.9 remembers ten');
  const beta = page.getByLabel('β: how much of the past is kept').last();
  await beta.fill('0.5');
  await beta.press('Enter');
  await until(async () => /= 2$/.test(await weights()), 'β = 0.5 remembers two');
  await page.locator('.averages summary').click();
  await page.locator('.averages').getByText('Show as table').click();
  const table = await page.locator('.averages .chart-table').innerText();
  check(/^1\s+4\s+4\s+2$/m.test(table) && /^4\s+4\s+4\s+3.75$/m.test(table), `the averages of 4, 4, 4, 4:\n${table}`);
  await leave(page);
}

async function evolution(browser, url) {
  const page = await at(browser, url, 'evolution?generations=12');
  await page.getByLabel('Pause').or(page.getByLabel('Play')).first().waitFor();
  await until(async () => await page.locator('.player-label').textContent() === 'generation 12', 'it plays to its end');
  const which = page.getByLabel('Where member number … comes from');
  await which.fill('30');
  await which.press('Enter');
  check(await page.locator('.forebear').count() > 4 && await page.locator('.member.chosen').count() === 1, 'its forebears are shown');
  await strategies(browser, url);
  const f = page.getByLabel('Function of x and y, its name, or xor');
  await f.fill('xor');
  await f.press('Enter');
  await until(async () => await page.getByText('What the network answers').isVisible(), 'the network is shown');
  await leave(page);
}

/** What each strategy makes a generation from is drawn: of all members, of the one chosen, and in words. */
async function strategies(browser, url) {
  const cases = [
    ['cma_es sigma=1.5', { '.deviation': 3, '.mean': 1, '.moved.head': 1, '.member.is-counts': 6, '.member.is-against': 6 }, {}, /deviations .*; step size σ = .*6 of 12 members/],
    ['openai_es population=12 sigma=0.5 over adam', { '.deviation': 3, '.mean': 1, '.member.is-counts': 6 }, {}, /step size σ = 0.5\. 6 of 12/],
    ['differential_evolution spread=box lower=-5 upper=5 reevaluate=no', { '.before': 12, 'line.descent:not(.strong)': 12 }, { '.named': 4, '.difference.head': 1, '.kept-genes': 1 }, /of 12 rivals took the place.*v = x\[\d+\] \+ F \(x\[\d+\] − x\[\d+\]\)/],
    ['particle_swarm spread=box lower=-5 upper=5 reevaluate=no', { '.before': 12, '.leader': 1, 'line.velocity': 12 }, { 'line.pull.kept': 1, 'line.pull.own': 1, 'line.pull.social': 1 }, /of 12 particles found.*Mean speed/],
    ['simulated_annealing temperature=5 sigma=0.5 spread=box lower=-5 upper=5 reevaluate=no', { '.before': 12, 'line.descent': 12 }, {}, /Temperature T = .*deviation of a step.*refused.*It stood at f/],
    ['random_search spread=box lower=-5 upper=5', { '.member.is-anew': 12 }, {}, /drawn anew/],
  ];
  for (const [line, all, chosen, words] of cases) {
    const page = await at(browser, url, `evolution?generations=6&population=12&algorithm=${line}`);
    await until(async () => await page.locator('.player-label').textContent() === 'generation 6', `${line} plays to its end`);
    await page.getByLabel('One step back').click();
    const which = page.getByLabel('Where member number … comes from');
    await which.fill('3');
    await which.press('Enter');
    for (const [what, n] of Object.entries({ ...all, ...chosen })) {
      const seen = await page.locator(`.stage svg ${what}`).count();
      check(seen === n, `${line}: ${seen} of ${what}, not ${n}`);
    }
    const said = await page.locator('.stage .hint').textContent();
    check(words.test(said), `${line}: ${said}`);
    check(await page.locator('.maths math').count() >= 1, `${line}: its rule is typeset`);
    await leave(page);
  }
}

/** Light and dark, wide and narrow, in both languages. */
async function everywhere(browser, url, shots) {
  for (const name of ['descent', 'universal', 'averages', 'evolution', 'evolution?f=xor&generations=20', 'evolution?algorithm=cma_es sigma=1.5', 'evolution?algorithm=particle_swarm spread=box lower=-5 upper=5 reevaluate=no', 'descent?f=x^4-3x^2']) {
    for (const [kind, more] of [['wide', {}], ['dark', { dark: true }], ['phone', { width: 390, locale: 'zh-CN' }]]) {
      const page = await at(browser, url, name, more);
      await page.waitForTimeout(1500);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(over <= 0, `${name}, ${kind}: ${over} pixels wider than the screen`);
      await page.screenshot({ path: `${shots}/${name.replace(/\W+/g, '-')}-${kind}.png`, fullPage: true });
      check(page.wrong.length === 0, `${name}, ${kind}: the page complained: ${page.wrong}`);
      // Last, as what it does to the page is against the page's policy.
      await accessible(page, `${name}, ${kind}`);
      await page.context().close();
    }
  }
}
