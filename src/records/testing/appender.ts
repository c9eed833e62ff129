import { writeSync } from 'node:fs';
import { openStore } from '../files/index.ts';
import { sampleRecord } from './samples.ts';

// A child process for tests: appends records and artifacts without end and says after each one that it is durable.
// Arguments: folder, first number. Output: "record N" or "artifact N sha256:…", one line each; "open" once at the start.
const [folder = '', first = '0'] = process.argv.slice(2);
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};
try {
  const store = await openStore(folder);
  say('open');
  for (let number = Number(first); number < Number(first) + 100_000; number++) {
    // Sizes up to 300 kB, so that kills also hit the middle of a write.
    await store.append(sampleRecord(number, (number * 7919) % 300_000));
    say(`record ${number}`);
    if (number % 3 === 0) say(`artifact ${number} ${await store.put(Buffer.alloc(200_000 + number, number))}`);
  }
} catch (error) {
  say(`error ${(error as { code?: string }).code ?? ''} ${String((error as Error).message)}`);
  process.exitCode = 1;
}
