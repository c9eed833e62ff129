import { Command } from 'commander';
import type { Check } from '../../engine/measure/selftest.ts';
import { columns } from '../columns.ts';

const shown = ({ digits }: Check, value: number, extra = 0): string =>
  value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(digits, 6),
    maximumFractionDigits: Math.min(digits + extra, 12),
  });

const tableOf = (checks: readonly Check[]): string => {
  const bad = checks.filter(({ ok }) => !ok);
  return [
    ...columns(
      [
        ['value', 'source', 'expected', 'got', ''],
        ...checks.map((one) => [
          one.what,
          one.source,
          shown(one, one.expected),
          // A difference must be seen: more digits where it is one.
          shown(one, one.got, one.ok ? 0 : 4),
          one.ok ? 'ok' : 'DIFFERS',
        ]),
      ],
      'llrrl',
    ),
    '',
    bad.length === 0
      ? `All ${checks.length} values come out as published.`
      : `${bad.length} of ${checks.length} values differ: do not trust verdicts from this machine, and report it with this table.`,
  ].join('\n');
};

export const command = (): Command =>
  new Command('selftest')
    .description(
      'Derive the published values again that the statistics stand on, on this machine. Exit code 1 when one differs.',
    )
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  steelyard selftest')
    .action(async (options: { readonly json?: boolean }) => {
      const { selftest } = await import('../../engine/measure/selftest.ts');
      const checks = selftest();
      const ok = checks.every((one) => one.ok);
      process.stdout.write(`${options.json === true ? JSON.stringify({ ok, checks }, null, 2) : tableOf(checks)}\n`);
      if (!ok) process.exitCode = 1;
    });
