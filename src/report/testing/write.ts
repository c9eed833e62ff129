import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReport, toHtml, toJson, toMarkdown, toTerminal } from '../index.ts';
import { fixture, type Ending } from './fixture.ts';
import { metrics } from './metrics.ts';

// Writes every example report into a folder, to look at. Argument: the folder.
const folder = process.argv[2] ?? 'reports';
mkdirSync(folder, { recursive: true });
for (const ending of ['chosen', 'keep', 'nothing', 'unconfirmed', 'unfinished'] satisfies Ending[]) {
  const blocks = buildReport(fixture(ending), metrics);
  writeFileSync(join(folder, `${ending}.html`), toHtml(blocks));
  writeFileSync(join(folder, `${ending}.md`), toMarkdown(blocks));
  writeFileSync(join(folder, `${ending}.json`), toJson(blocks));
  writeFileSync(join(folder, `${ending}.txt`), toTerminal(blocks));
}
