import { join } from 'node:path';
import { openCache, withCache } from '../cache/index.ts';
import { digestOf } from '../canonical.ts';
import { openStore } from '../files/index.ts';

// A child process for tests: runs, one after another, that take from a cache what is there and make the rest.
// Arguments: folder, name, limit in bytes. Output: one line of JSON: what was taken and kept, what was wrong.
const [folder = '', name = '', limit = '0'] = process.argv.slice(2);
const notes: string[] = [];
const cache = await openCache(join(folder, 'cache'), {
  note: (message) => notes.push(message),
  limitBytes: Number(limit),
});
for (let round = 0; round < 3; round++) {
  const store = withCache(await openStore(join(folder, `${name}-${round}`)), cache);
  for (let number = 0; number < 12; number++) {
    const key = digestOf({ number });
    const bytes = Buffer.alloc(2000 + number, number);
    const known = await store.find(key);
    const artifact = known?.kind === 'predict' ? known.artifact : await store.put(bytes);
    if (known === null)
      await store.append({
        kind: 'predict',
        key,
        at: new Date().toISOString(),
        seconds: 1,
        subject: 'a',
        split: 'evaluation',
        labels: [],
        rows: 1,
        truncated: 0,
        artifact,
      });
    await store.path(artifact);
  }
  await store.close();
}
await cache.close();
process.stdout.write(`${JSON.stringify({ use: cache.use(), notes })}\n`);
