import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command as queue } from '../src/cli/commands/queue.ts';
import { command as tune } from '../src/cli/commands/tune.ts';
import { command as worker } from '../src/cli/commands/worker.ts';
import { addressOf } from '../src/records/index.ts';
import { root } from './cli.ts';

test('the commands of the guide to many machines are ones that the command line takes', async () => {
  const text = await readFile(join(root, 'docs/scale.md'), 'utf8');
  const lines = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.split('\n'));
  const written = lines.filter((line) => line.startsWith('steelyard ')).map((line) => line.split(/\s+/).slice(1));
  expect(written.map(([verb]) => verb)).toEqual(['worker', 'tune', 'queue', 'tune']);
  const commands: Readonly<Record<string, () => Command>> = { worker, tune, queue };
  for (const [verb, ...words] of written) {
    const one = commands[verb!]!().exitOverride();
    one.action(() => undefined);
    await one.parseAsync(words, { from: 'user' });
    expect(addressOf((one.opts<{ queue?: string }>().queue ?? one.args[0])!)).toMatchObject({
      host: 'db.example',
      database: 'runs',
      user: 'steelyard',
    });
  }
});
