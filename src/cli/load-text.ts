import type { LoadReport } from '../engine/measure/load.ts';
import { columns } from './columns.ts';
import { countText, percentText } from './numbers.ts';

const time = (ms: number): string => {
  if (ms >= 10_000) return `${(ms / 1000).toPrecision(3)} s`;
  if (ms >= 1000) return `${countText(Math.round(ms))} ms`;
  return `${ms === 0 ? '0' : ms < 0.01 ? ms.toFixed(4) : ms.toPrecision(3)} ms`;
};
const rate = (perSecond: number): string =>
  `${perSecond >= 1000 ? countText(Math.round(perSecond)) : perSecond.toPrecision(3)} /s`;

interface Shown {
  readonly p: number;
  readonly ms: number | null;
}

/** "p50 4.10 ms  p90 7.95 ms  p99 ≤ 12.4 ms": what the number of requests does not support is only known to be at most the largest. */
const percentiles = (all: readonly Shown[], n: number, max: number): string => {
  const parts: string[] = [];
  for (const { p, ms } of all) {
    const name = `p${Number((100 * p).toFixed(2))}`;
    if (ms !== null) parts.push(`${name} ${time(ms)}`);
    else {
      parts.push(`${name} ≤ ${time(max)} (largest of ${countText(n)})`);
      break;
    }
  }
  return parts.join('  ');
};

const titles = {
  server: 'Server',
  'single-stream': 'Single stream',
  'multi-stream': 'Multiple streams',
  offline: 'Offline',
} as const;

/** What a load test came to, for people. */
export const loadText = (report: LoadReport): string => {
  const { summary, spec, faults, compliance, notes, assumed } = report;
  const { latency, dispatch, service } = summary;
  const asked =
    spec.rate === null
      ? `${spec.samplesPerQuery === 1 ? '' : `${spec.samplesPerQuery} samples a query, `}at least ${(spec.minMs / 1000).toPrecision(3)} s`
      : `${rate(spec.rate)} for ${(spec.minMs / 1000).toPrecision(3)} s, ${Number((100 * spec.percentile).toFixed(2))} % within ${time(spec.limitMs!)}`;
  const rows: string[][] = [
    [
      'queries',
      `${countText(summary.queries)} sent, ${countText(summary.answered)} answered, at most ${countText(summary.outstanding)} at a time`,
    ],
  ];
  if (summary.offeredRate !== null)
    rows.push([
      'rate',
      `${rate(summary.offeredRate)} offered, ${percentText(summary.achieved!, false)} of it achieved`,
    ]);
  else rows.push(['throughput', `${rate(summary.completedRate)} samples`]);
  if (summary.goodput !== null)
    rows.push([
      'goodput',
      `${rate(summary.goodput)} within ${time(spec.limitMs!)}; ${countText(summary.overLimit!)} took longer`,
    ]);
  // Sent all at once, a query's latency only says where in the pile it lay.
  if (report.scenario !== 'offline')
    rows.push(
      ['latency', percentiles(latency.percentiles, summary.queries, latency.max)],
      ['', `least ${time(latency.min)}  mean ${time(latency.mean)}  largest ${time(latency.max)}`],
    );
  if (summary.earlyStopping !== null && summary.earlyStopping.ms !== null)
    rows.push(['', `p${100 * summary.earlyStopping.p} at most ${time(summary.earlyStopping.ms)} with 99 % confidence`]);
  rows.push(['service', percentiles(service.percentiles, summary.answered, service.max)]);
  if (spec.rate !== null)
    rows.push(['dispatch', `${percentiles(dispatch.percentiles, summary.queries, dispatch.max)} late`]);
  const lines = [
    `${titles[report.scenario]}: ${report.target}`,
    `${asked}; ${report.inputs}${report.tensors === null ? '' : report.tensors === 'binary' ? ', tensors as bytes' : ', tensors as JSON'}`,
    '',
    ...columns(rows),
    '',
    `${summary.valid ? 'valid' : 'not valid'} by LoadGen’s rules at this duration; not an MLPerf result, which takes 600 s`,
    ...summary.reasons.map((reason) => `  ${reason}`),
  ];
  if (faults.length > 0)
    lines.push(
      '',
      'Faults',
      ...columns(
        faults.map(({ code, count, message }) => [code, countText(count), message]),
        'lrl',
      ),
    );
  lines.push(
    '',
    'MLPerf’s compliance tests',
    ...columns(compliance.map(({ test, outcome, message }) => [test, outcome, message])),
  );
  const told = [...assumed, ...notes];
  if (told.length > 0) lines.push('', 'To know', ...told.map((one) => `  ${one}`));
  return lines.join('\n');
};
