import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildReport, toHtml } from '../src/report/index.ts';
import { fixture, type Ending } from '../src/report/testing/fixture.ts';
import { metrics } from '../src/report/testing/metrics.ts';
import { deep } from '../src/testing/deep.ts';
import { richFixture, richMetrics } from '../src/report/testing/rich.ts';

const executablePath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined)
  process.stderr.write('skipped: the report in a browser: no Chromium or Chrome found; set CHROMIUM to its path\n');

const endings: Ending[] = ['chosen', 'keep', 'nothing', 'unconfirmed', 'unfinished'];

describe.skipIf(executablePath === undefined)('the HTML report in a browser', () => {
  let browser: Browser;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steelyard-report-'));
    for (const ending of endings)
      await writeFile(join(folder, `${ending}.html`), toHtml(buildReport(fixture(ending), metrics)));
    await writeFile(join(folder, 'sides.html'), toHtml(buildReport(richFixture(), richMetrics)));
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const visits = [...endings, 'sides'].flatMap((ending) =>
    (['light', 'dark'] as const).flatMap((colorScheme) => [360, 1280].map((width) => ({ ending, colorScheme, width }))),
  );
  // The slow question, a quarter of a minute each: both schemes and both layouts; every tone in the thorough run.
  const judged = deep
    ? visits.map(({ ending, colorScheme, width }) => `${ending} ${colorScheme} ${width}`)
    : ['chosen light 360', 'unconfirmed dark 1280'];

  test.each(visits)(
    '$ending, $colorScheme, $width px: no sideways scrolling, no request, no script, accessible',
    async ({ ending, colorScheme, width }) => {
      // The accessibility check itself is a script; the page's policy would refuse it.
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true });
      const page = await context.newPage();
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      page.on('dialog', (dialog) => {
        complaints.push(`a script ran: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      const url = pathToFileURL(join(folder, `${ending}.html`)).href;
      await page.goto(url);
      await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate('document.scripts.length')).toBe(0);
      if (judged.includes(`${ending} ${colorScheme} ${width}`)) {
        // Long tables are all made alike, and this check is slow: the page of one version stands for them.
        await page.evaluate(
          `[...document.querySelectorAll('details')].filter((one) => /^Every (metric|number)/.test(one.textContent)).forEach((one, at) => { one.open = at === 1; })`,
        );
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      }
      expect(requests).toEqual([url]);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test('tables of numbers scroll inside their frame and are reached by keyboard', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(pathToFileURL(join(folder, 'chosen.html')).href);
    const table = page.getByRole('region', { name: 'Speed, quality, size, memory and cost' });
    await table.focus();
    for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
    const scrolled = `document.activeElement.scrollLeft > 0 && document.activeElement.scrollWidth > document.activeElement.clientWidth`;
    await expect.poll(() => page.evaluate(scrolled)).toBe(true);
    await page.close();
  });

  test('the page’s own policy stops even a script that got in', async () => {
    const page = await browser.newPage();
    const html = toHtml(buildReport(fixture('chosen'), metrics));
    await writeFile(
      join(folder, 'infected.html'),
      html.replace('</main>', '<script>document.title = "owned"</script></main>'),
    );
    await page.goto(pathToFileURL(join(folder, 'infected.html')).href);
    expect(await page.title()).toContain('Deploy');
    await page.close();
  });

  test('prints: everything folded is on paper', async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, 'chosen.html')).href);
    await page.emulateMedia({ media: 'print' });
    const height = await page.evaluate(`document.querySelector('details table').getBoundingClientRect().height`);
    expect(height).toBeGreaterThan(50);
    await page.close();
  });
});
