import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOfBytes } from './canonical.ts';
import { openSharedArtifacts } from './shared-artifacts.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-shared-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});
const open = (create = true): ReturnType<typeof openSharedArtifacts> =>
  openSharedArtifacts(join(folder, 'share'), { cache: join(folder, 'cache'), create });

test('what one puts, another reads; a file that is there is not replaced under its readers, nor dropped', async () => {
  const [one, other] = [await open(), await open()];
  const digest = await one.put(Buffer.from('weights'));
  const path = await other.path(digest);
  const { ino } = await stat(path);
  expect(await other.put(Buffer.from('weights'))).toBe(digest);
  await other.drop(digest);
  expect((await stat(path)).ino).toBe(ino);
  expect(await readFile(path, 'utf8')).toBe('weights');
});

test('a damaged file is healed by putting it again', async () => {
  const digest = await (await open()).put(Buffer.from('precious'));
  await writeFile(await (await open()).path(digest), 'prec1ous');
  await expect((await open()).path(digest)).rejects.toMatchObject({ code: 'store/corrupt' });
  await (await open()).put(Buffer.from('precious'));
  expect(await readFile(await (await open()).path(digest), 'utf8')).toBe('precious');
});

test('a file that comes into sight a little later is found', async () => {
  const share = await open();
  const late = setTimeout(() => void open().then((other) => other.put(Buffer.from('late'))), 150);
  expect(await readFile(await share.path(digestOfBytes('late')), 'utf8')).toBe('late');
  clearTimeout(late);
});

test('drafts of others are left alone until they are a day old', async () => {
  const drafts = join(folder, 'share', 'drafts');
  await mkdir(drafts, { recursive: true });
  for (const name of ['fresh', 'old']) await writeFile(join(drafts, name), name);
  await utimes(join(drafts, 'old'), 0, 0);
  await open();
  expect(await readdir(drafts)).toEqual(['fresh']);
});

test('a folder that is not there is store/missing for whoever joins', async () => {
  await expect(open(false)).rejects.toMatchObject({ code: 'store/missing' });
  expect(existsSync(join(folder, 'share'))).toBe(false);
});

test('s3:// is a bucket', async () => {
  await expect(openSharedArtifacts('s3://Not A Bucket', { cache: folder, create: true })).rejects.toMatchObject({
    code: 'store/url',
  });
});
