// What the tests share: the browser, the program, checks.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A Chromium that asks nobody for anything. */
export const launch = () => chromium.launch({
  executablePath: ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync),
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/** A page whose errors, and requests to anywhere else, fail the test. */
export async function open(browser, url, { width = 1280, height = 900, dark = false, locale = 'en-US' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', locale });
  const page = await context.newPage();
  page.wrong = [];
  page.on('pageerror', (error) => page.wrong.push(error.message));
  // axe, once it is there, tries styles that the page's policy forbids; the browser tells of them later.
  const ofAxe = (text) => page.hasAxe && text.includes('inline style');
  page.on('console', (m) => { if (m.type() === 'error' && !page.mayLose && !ofAxe(m.text())) page.wrong.push(m.text()); });
  page.on('request', (r) => { if (!r.url().startsWith(new URL(url).origin) && !/^(data|blob):/.test(r.url())) page.wrong.push(`asked for ${r.url()}`); });
  // GRADUS_PAGE=lab/page: the page's files as they are, without building the program anew.
  const files = process.env.GRADUS_PAGE;
  if (files) {
    await page.route(/\.(js|css)$/, (route) => route.fulfill({
      path: join(files, new URL(route.request().url()).pathname),
      contentType: route.request().url().endsWith('css') ? 'text/css' : 'text/javascript',
    }));
  }
  await page.goto(url);
  return page;
}

/** Starts the program; `told(pattern)` waits for a line, `done` for its end. */
export function program(path, args) {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const it = { child, text: '' };
  const take = (data) => { it.text += data; };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  it.done = new Promise((resolve) => child.on('close', resolve));
  it.told = async (pattern) => {
    for (let tries = 0; tries < 3000; tries += 1) {
      const found = it.text.match(pattern);
      if (found) return found;
      if (child.exitCode !== null) break;
      await new Promise((r) => setTimeout(r, 20));
    }
    throw new Error(`the program did not say ${pattern}:\n${it.text}`);
  };
  return it;
}

/** Fails with words. */
export function check(holds, words) {
  if (!holds) throw new Error(words);
}

/** Waits until `get()` gives something true. */
export async function until(get, words, seconds = 60) {
  const end = Date.now() + 1000 * seconds;
  while (Date.now() < end) {
    const got = await get();
    if (got) return got;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(`waited ${seconds} s in vain: ${words}`);
}

/** What axe finds serious. */
export async function accessible(page, where) {
  // The page's policy lets no foreign script in; the browser's own door is open.
  await page.evaluate(`${readFileSync(axe, 'utf8')}; undefined`);
  page.hasAxe = true;
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  for (const v of serious) console.log(`  axe, ${where}: ${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ')}`);
  check(serious.length === 0, `${where}: axe finds ${serious.length} serious things`);
}
