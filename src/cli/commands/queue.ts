import { Command } from 'commander';
import { usableCores } from '../../contracts/record.ts';
import type { Overview } from '../../queue/index.ts';
import { columns } from '../columns.ts';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(0)} GB`;

/** Who is there, what waits, what failed, for people. */
export const queueText = ({ workers, runs, failed }: Overview): string => {
  const lines = [
    workers.length === 0 ? 'no worker is there' : workers.length === 1 ? '1 worker' : `${workers.length} workers`,
  ];
  lines.push(
    ...columns(
      workers.map(({ name, version, machine, labels, done, doing }) => [
        `  ${name}`,
        version,
        `${usableCores(machine)} cores`,
        gigabytes(machine.memoryBytes),
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(',') || '-',
        `${done} done`,
        doing ?? 'waits',
      ]),
    ),
  );
  lines.push(runs.length === 0 ? 'no run is shared' : 'runs');
  for (const { run, version, needs, waiting, running, able } of runs)
    lines.push(
      `  ${run}: ${waiting} jobs wait, ${running} are done right now; for ${needs === '' ? `Steelyard ${version}` : needs}: ${able.length === 0 ? 'nobody' : able.join(', ')}`,
    );
  if (failed.length > 0) lines.push('failed');
  for (const { run, attempts, of, reason } of failed) lines.push(`  ${run}, ${attempts} of ${of} tries: ${reason}`);
  return `${lines.join('\n')}\n`;
};

export const command = (): Command =>
  new Command('queue')
    .description('Say who works at a queue, what waits and what failed.')
    .argument('<url>', 'postgres://user@host/database')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  steelyard queue postgres://steelyard@db/runs')
    .action(async (url: string, options: { json?: boolean }) => {
      const { overview } = await import('../../queue/index.ts');
      const found = await overview(url);
      process.stdout.write(options.json === true ? `${JSON.stringify(found, null, 2)}\n` : queueText(found));
    });
