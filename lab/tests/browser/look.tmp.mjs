import { launch, open, program } from './browser.mjs';
const [prog, out, ...views] = process.argv.slice(2);
const browser = await launch();
const lab = prog.startsWith('http') ? null : program(prog, prog.endsWith('serve') ? ['0'] : ['lab', '--port', '0']);
const url = lab ? (await lab.told(/(http:\S+)/))[1] : prog;
for (const v of views) {
  const [name, hash, look = 'wide', wait = '2500', act = ''] = v.split('@@');
  const more = { wide: {}, dark: { dark: true }, zh: { locale: 'zh-CN' }, phone: { width: 390, height: 844 }, phonezh: { width: 390, height: 844, locale: 'zh-CN', dark: true } }[look];
  const page = await open(browser, `${url}#/bench/${hash}`, more);
  await page.waitForTimeout(Number(wait));
  try { if (act) { await new Function('page', `return (async () => { ${act} })()`)(page); await page.waitForTimeout(600); } } catch (e) { console.log(name, e.message.slice(0, 300)); }
  await page.screenshot({ path: `${out}/${name}.png`, fullPage: true });
  if (page.wrong.length) console.log(name, page.wrong);
  await page.context().close();
}
await browser.close();
lab?.child.kill();
