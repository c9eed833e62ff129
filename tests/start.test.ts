import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root, steelyard } from './cli.ts';
import { remove, temporary } from './tiny.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

/** The files whose code a command loads, by Node's own list of scripts. */
const loadedBy = async (args: readonly string[], answered: number): Promise<readonly string[]> => {
  const list = join(folder, args.join('-'));
  await mkdir(list);
  expect((await steelyard(args, { env: { NODE_V8_COVERAGE: list } })).code).toBe(answered);
  const [name] = await readdir(list);
  const { result } = JSON.parse(await readFile(join(list, name!), 'utf8')) as { result: { url: string }[] };
  return result.flatMap(({ url }) => (url.startsWith('file:') ? [fileURLToPath(url)] : []));
};

test.each([
  { args: ['--help'], code: 0, most: 10 },
  { args: ['metrics'], code: 0, most: 40 },
  { args: ['techniques'], code: 0, most: 40 },
  // Everything that a run loads, up to the scenario that is not there.
  { args: ['tune', 'none.yaml'], code: 3, most: 120 },
])('$args loads few files, all of the bundle', async ({ args, code, most }) => {
  const files = await loadedBy(args, code);
  expect(files).toContain(join(root, 'dist/lib/cli/main.js'));
  expect(files.length).toBeLessThanOrEqual(most);
  expect(files.filter((path) => !path.startsWith(join(root, 'dist/lib')))).toEqual([]);
});

test('what is bundled is named with its license', async () => {
  const text = await readFile(join(root, 'dist/lib/LICENSES.txt'), 'utf8');
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  for (const name of ['zod', 'yaml', 'commander', '@bufbuild/protobuf', 'hyparquet', 'fzstd'])
    expect(text).toContain(`\n${name} ${packages[`node_modules/${name}`]!.version} (`);
  for (const words of ['Colin McDonnell', 'Copyright 2008 Google Inc.', 'Licensed under the Apache License'])
    expect(text).toContain(words);
});

test('the public types need the types of no other package', async () => {
  const seen = new Set<string>();
  const others: string[] = [];
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, name] of (await readFile(path, 'utf8')).matchAll(/(?:from|import\() *['"]([^'"]+)['"]/g)) {
      if (name!.startsWith('.')) await visit(join(dirname(path), name!.replace(/\.ts$/, '.d.ts')));
      else if (!name!.startsWith('node:')) others.push(`${path}: ${name}`);
    }
  };
  await visit(join(root, 'dist/src/index.d.ts'));
  expect(seen.size).toBeGreaterThan(20);
  expect(others).toEqual([]);
});
