import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openArtifacts, openPostgresStore } from '../index.ts';
import { sampleRecord } from './samples.ts';

// A child process for tests: appends so many records, up to eight at once, to a run that it does not own.
// Arguments: URL, run, first number, count. Output: "open", then, from the first byte on its input on, "record N" for each one that is durable,
// then "end".
const [url = '', run = '', first = '0', count = '0'] = process.argv.slice(2);
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};
try {
  const store = await openPostgresStore({ url, run, artifacts: openArtifacts('unused', true), access: 'join' });
  say('open');
  await once(process.stdin, 'data');
  process.stdin.destroy();
  let next = Number(first);
  const end = next + Number(count);
  const append = async (): Promise<void> => {
    while (next < end) {
      const number = next++;
      await store.append(sampleRecord(number, (number * 7919) % 3000));
      say(`record ${number}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, append));
  await store.close();
  say('end');
} catch (error) {
  say(`error ${(error as { code?: string }).code ?? ''} ${String((error as Error).stack)}`);
  process.exitCode = 1;
}
