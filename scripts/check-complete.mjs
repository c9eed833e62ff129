// A listed technique or evaluator without a test beside it is unfinished work: name it and fail.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const missing = [];
for (const room of ['optimize', 'weigh', 'statistics', 'decide']) {
  const folder = join(root, 'src', room);
  if (!existsSync(folder)) continue;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (
      !entry.isFile() ||
      !entry.name.endsWith('.ts') ||
      /[\/]testing[\/]/.test(join(entry.parentPath ?? entry.path, entry.name)) ||
      /(\.test|\.deep)\.ts$|^(index|types)\.ts$/.test(entry.name)
    )
      continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (!existsSync(file.replace(/\.ts$/, '.test.ts'))) missing.push(relative(root, file));
  }
}
if (missing.length > 0) {
  process.stderr.write(`${missing.join('\n')}\n${missing.length} file(s) without a test beside them\n`);
  process.exit(1);
}
