import { workedMs } from '../../testing/work.ts';
import { execFileSync, spawn } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoreRecord } from '../../contracts/index.ts';
import { digestOfBytes } from '../canonical.ts';
import { storeConformance } from '../testing/conformance.ts';
import { sampleRecord } from '../testing/samples.ts';
import { openStore } from './index.ts';

storeConformance('files', (folder) => openStore(join(folder, 'run')));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});
const journal = (): string => join(folder, 'records.jsonl');
const fill = async (count: number): Promise<void> => {
  const store = await openStore(folder);
  await Promise.all(Array.from({ length: count }, (_, index) => store.append(sampleRecord(index))));
  await store.close();
};
const all = async (records: AsyncIterable<StoreRecord>): Promise<StoreRecord[]> => {
  const list: StoreRecord[] = [];
  for await (const record of records) list.push(record);
  return list;
};

describe('a damaged journal', () => {
  test('an unfinished last line is dropped with a note, wherever it was cut', async () => {
    await fill(3);
    const whole = await readFile(journal());
    const lastStart = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (const cut of [lastStart + 1, lastStart + 40, lastStart + 90, whole.length - 2]) {
      await writeFile(journal(), whole.subarray(0, cut));
      const notes: string[] = [];
      const store = await openStore(folder, { note: (message) => notes.push(message) });
      expect(await all(store.records())).toEqual([sampleRecord(0), sampleRecord(1)]);
      expect(notes).toEqual(store.notes);
      expect(notes[0]).toContain(`dropped ${cut - lastStart} bytes`);
      await store.append(sampleRecord(7));
      await store.close();
      const again = await openStore(folder);
      expect(await all(again.records())).toEqual([sampleRecord(0), sampleRecord(1), sampleRecord(7)]);
      expect(again.notes).toEqual([]);
      await again.close();
    }
  });

  test('blocks of zeros after a power cut are dropped', async () => {
    await fill(2);
    await appendFile(journal(), Buffer.alloc(5000));
    const store = await openStore(folder);
    expect(await all(store.records())).toHaveLength(2);
    await store.close();
  });

  test('a whole last line without newline is kept', async () => {
    await fill(2);
    const whole = await readFile(journal());
    await writeFile(journal(), whole.subarray(0, whole.length - 1));
    const reading = await openStore(folder, { readOnly: true });
    expect(await all(reading.records())).toHaveLength(2);
    expect(await reading.find(sampleRecord(1).key)).toEqual(sampleRecord(1));
    await reading.close();
    const store = await openStore(folder);
    await store.append(sampleRecord(2));
    expect(await all(store.records())).toEqual([0, 1, 2].map((number) => sampleRecord(number)));
    await store.close();
  });

  test.each([
    ['a flipped digit', (text: string) => text.replace('"seconds":0.125', '"seconds":0.625'), 'checksum'],
    ['a foreign line', (text: string) => text.replace(/\n/, '\nhello\n'), 'not a line that a store writes'],
    ['an empty line', (text: string) => text.replace(/\n/, '\n\n'), 'not a line that a store writes'],
  ])('%s in the middle is store/corrupt with file and line', async (_name, damage, why) => {
    await fill(3);
    await writeFile(journal(), damage(await readFile(journal(), 'utf8')));
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'store/corrupt',
      message: expect.stringMatching(new RegExp(`records\\.jsonl, line 2: .*${why}`)) as string,
    });
    // The lock is released: repairing the file is enough.
    await rm(journal());
    await (await openStore(folder)).close();
  });

  test('every single flipped byte is noticed or harmless', async () => {
    const store = await openStore(folder);
    await store.append(sampleRecord(1, 20));
    await store.append(sampleRecord(2, 20));
    await store.close();
    const whole = await readFile(journal());
    const firstEnd = whole.indexOf(10);
    const copy = join(folder, 'copy');
    await mkdir(copy);
    for (let at = 0; at < firstEnd; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ 1;
      await writeFile(join(copy, 'records.jsonl'), bytes);
      await expect(openStore(copy, { readOnly: true }), `byte ${at}`).rejects.toMatchObject({ code: 'store/corrupt' });
    }
  });
});

describe('artifacts', () => {
  test('lie under two hex digits, one file for equal content, no drafts left', async () => {
    const store = await openStore(folder);
    const digest = await store.put(Buffer.from('a'));
    await store.put(Buffer.from('a'));
    const hex = digest.slice(7);
    expect(await store.path(digest)).toBe(join(folder, 'artifacts', hex.slice(0, 2), hex));
    expect(await readdir(join(folder, 'artifacts', hex.slice(0, 2)))).toEqual([hex]);
    expect(await readdir(join(folder, 'artifacts', 'drafts'))).toEqual([]);
    await store.close();
  });

  test('a damaged artifact is store/corrupt at its first use, and putting it again heals it', async () => {
    const first = await openStore(folder);
    const digest = await first.put(Buffer.from('precious'));
    const path = await first.path(digest);
    await first.close();
    await writeFile(path, 'prec1ous');
    const store = await openStore(folder);
    await expect(store.path(digest)).rejects.toMatchObject({ code: 'store/corrupt' });
    await expect(store.path(digest)).rejects.toMatchObject({ code: 'store/corrupt' });
    expect(await store.put(Buffer.from('precious'))).toBe(digest);
    expect(await readFile(await store.path(digest), 'utf8')).toBe('precious');
    await store.close();
  });

  test('a 256 MB file passes through in little memory', async () => {
    const source = join(folder, 'big.bin');
    execFileSync('truncate', ['-s', '256M', source]);
    const store = await openStore(folder);
    let peak = 0;
    const before = process.memoryUsage().rss;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss - before)), 5);
    const digest = await store.put({ path: source });
    clearInterval(timer);
    expect((await stat(await store.path(digest))).size).toBe(256 * 1024 * 1024);
    expect(peak).toBeLessThan(100 * 1024 * 1024);
    await store.close();
  });

  test('drafts of a killed writer are swept away', async () => {
    await mkdir(join(folder, 'artifacts', 'drafts'), { recursive: true });
    await writeFile(join(folder, 'artifacts', 'drafts', 'half'), 'half');
    await (await openStore(folder)).close();
    expect(await readdir(join(folder, 'artifacts', 'drafts'))).toEqual([]);
  });
});

describe('one writer at a time', () => {
  test('a second opening is store/locked and names the process; reading is free', async () => {
    const store = await openStore(folder);
    await store.append(sampleRecord(1));
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'store/locked',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    const reader = await openStore(folder, { readOnly: true });
    expect(await all(reader.records())).toEqual([sampleRecord(1)]);
    await expect(reader.append(sampleRecord(2))).rejects.toMatchObject({ code: 'store/read-only' });
    await expect(reader.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'store/read-only' });
    await reader.close();
    await store.close();
    await (await openStore(folder)).close();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  test.each([
    ['a dead process', { pid: 4_194_300, host: hostname(), birth: null, token: 'a' }],
    ['an earlier process with this pid', { pid: process.pid, host: hostname(), birth: 'boot/1', token: 'a' }],
    ['garbage', 'what'],
  ])('the lock of %s is taken over', async (_name, lock) => {
    await writeFile(join(folder, 'lock'), typeof lock === 'string' ? lock : JSON.stringify(lock));
    const store = await openStore(folder);
    if (typeof lock !== 'string') expect(store.notes.join()).toContain(`process ${lock.pid}`);
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'store/locked' });
    await store.close();
    expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  test('a lock from another machine is respected, and the hint names the file', async () => {
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 12, host: 'elsewhere', birth: null, token: 'a' }));
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'store/locked',
      message: expect.stringContaining('process 12 on elsewhere') as string,
      hint: expect.stringContaining(join(folder, 'lock')) as string,
    });
  });

  test('of many that see a stale lock, exactly one wins', async () => {
    for (let round = 0; round < 10; round++) {
      await writeFile(
        join(folder, 'lock'),
        JSON.stringify({ pid: 4_194_300, host: hostname(), birth: null, token: 'a' }),
      );
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => openStore(folder)));
      const winners = results.filter((result) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      await winners[0]!.value.close();
    }
  });
});

describe('a disk that refuses', () => {
  test('a full disk is store/no-space, and nothing half written stays', async () => {
    if (!existsSync('/dev/full')) {
      process.stderr.write('skipped: a full disk: this system has no /dev/full\n');
      return;
    }
    await symlink('/dev/full', journal());
    const store = await openStore(folder);
    await expect(store.append(sampleRecord(1))).rejects.toMatchObject({ code: 'store/no-space' });
    await expect(store.append(sampleRecord(2))).rejects.toMatchObject({ code: 'store/no-space' });
    await store.close();
  });

  test('a full file system refuses artifacts with store/no-space, leaves no draft, and works again when emptied', async () => {
    const small = join(folder, 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      process.stderr.write('skipped: a full file system: no permission to mount one\n');
      return;
    }
    try {
      const store = await openStore(small);
      await expect(store.put(Buffer.alloc(2_000_000))).rejects.toMatchObject({ code: 'store/no-space' });
      expect(await readdir(join(small, 'artifacts', 'drafts'))).toEqual([]);
      await writeFile(join(small, 'filler'), Buffer.alloc(900_000));
      let refused: unknown = null;
      let kept = 0;
      for (let number = 0; number < 400 && refused === null; number++)
        await store.append(sampleRecord(number)).then(
          () => (kept += 1),
          (error: unknown) => (refused = error),
        );
      expect(refused).toMatchObject({ code: 'store/no-space' });
      expect(await all(store.records())).toHaveLength(kept);
      await rm(join(small, 'filler'));
      await store.append(sampleRecord(1000));
      await store.close();
      const again = await openStore(small);
      expect(again.notes).toEqual([]);
      expect(await all(again.records())).toHaveLength(kept + 1);
      await again.close();
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test('a folder that may not be written is store/read-only', async () => {
    await fill(1);
    const child = join(folder, 'child.mjs');
    const door = join(import.meta.dirname, '../../../dist/src/records/files/index.js');
    if (!existsSync(door)) throw new Error(`${door} is not there: run npm run build first`);
    await writeFile(
      child,
      `import { openStore } from ${JSON.stringify(door)};
       const [folder, mode] = process.argv.slice(2);
       try { const store = await openStore(folder, { readOnly: mode === 'read' });
         let count = 0; for await (const _ of store.records()) count += 1; console.log(count); await store.close(); }
       catch (error) { console.log(error.code); }`,
    );
    await chmod(folder, 0o555);
    const isRoot = process.getuid?.() === 0;
    const asOther = (mode: string): string => {
      try {
        return execFileSync(process.execPath, [child, folder, mode], {
          encoding: 'utf8',
          ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
        }).trim();
      } catch (error) {
        return `cannot run: ${String(error)}`;
      }
    };
    const answer = asOther('write');
    const reading = asOther('read');
    await chmod(folder, 0o755);
    if (answer.startsWith('cannot run')) {
      process.stderr.write('skipped: a read-only folder: this user may not run a process as another one\n');
      return;
    }
    expect(answer).toBe('store/read-only');
    expect(reading).toBe('1');
  });

  test('reading a run that does not exist is store/missing', async () => {
    await expect(openStore(join(folder, 'nowhere'), { readOnly: true })).rejects.toMatchObject({
      code: 'store/missing',
    });
  });
});

test('5,000 records reopen in under a second', async () => {
  await fill(5000);
  const started = workedMs();
  const store = await openStore(folder);
  expect(workedMs() - started).toBeLessThan(1000);
  expect(await store.find(sampleRecord(4321).key)).toEqual(sampleRecord(4321));
  let count = 0;
  for await (const record of store.records()) count += record.kind === 'build' ? 1 : 0;
  expect(count).toBe(5000);
  await store.close();
}, 120_000);

test('kill -9 at random moments loses nothing that was acknowledged', async () => {
  const appender = join(import.meta.dirname, '../../../dist/src/records/testing/appender.js');
  if (!existsSync(appender)) throw new Error(`${appender} is not there: run npm run build first`);
  const records = new Set<number>();
  const artifacts = new Map<number, string>();
  let torn = 0;
  // A generator of Lehmer's: the same moments in every run of this test.
  let state = 20_261_127;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [appender, folder, String(round * 1_000_000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    // So many acknowledged records are waited for, then a moment that spreads the kills over the phases of a write.
    const wanted = 3 + random(6);
    const far = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if ((output.match(/^record \d+$/gm)?.length ?? 0) >= wanted) resolve();
      });
      child.on('exit', () => reject(new Error(`the appender ended: ${output}`)));
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await far;
    await new Promise((resolve) => setTimeout(resolve, random(8)));
    child.kill('SIGKILL');
    await ended;
    const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
    for (const line of lines) {
      const [what, number, digest] = line.split(' ');
      if (what === 'error') throw new Error(line);
      if (what === 'record') records.add(Number(number));
      if (what === 'artifact') artifacts.set(Number(number), digest!);
    }
    const store = await openStore(folder);
    torn += store.notes.filter((note) => note.includes('unfinished')).length;
    expect(store.notes.join()).toContain(`process ${child.pid}`);
    for (const number of records)
      expect(await store.find(sampleRecord(number).key), `record ${number} in round ${round}`).toEqual(
        sampleRecord(number, (number * 7919) % 300_000),
      );
    for (const [number, digest] of artifacts) {
      expect(digest).toBe(digestOfBytes(Buffer.alloc(200_000 + number, number)));
      expect((await readFile(await store.path(digest))).length).toBe(200_000 + number);
    }
    await store.close();
  }
  expect(records.size).toBeGreaterThan(20);
  process.stderr.write(`kill -9: ${records.size} acknowledged records kept, ${torn} unfinished lines dropped\n`);
}, 120_000);
