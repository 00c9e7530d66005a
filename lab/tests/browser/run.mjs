// All browser tests, one after another: node run.mjs PROGRAM [NAME]

import { mkdirSync } from 'node:fs';
import { launch } from './browser.mjs';
import * as course from './course.mjs';
import * as playground from './playground.mjs';
import * as ideas from './ideas.mjs';
import * as training from './training.mjs';
import * as trouble from './trouble.mjs';
import * as views from './views.mjs';

/** Each exports `run({ program, browser, shots })`. */
const TESTS = { training, trouble, views, playground, ideas, course };

const [program, only] = process.argv.slice(2);
const shots = 'shots';
mkdirSync(shots, { recursive: true });
const browser = await launch();
let failed = 0;
for (const [name, test] of Object.entries(TESTS)) {
  if (only && only !== name) continue;
  try {
    await test.run({ program, browser, shots });
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
