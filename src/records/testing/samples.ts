import type { StoreRecord } from '../../contracts/index.ts';
import { digestOf } from '../canonical.ts';

/** A record as a run writes it, about `bytes` long. The same number gives the same record. */
export const sampleRecord = (number: number, bytes = 1500): StoreRecord => ({
  kind: 'build',
  key: digestOf({ sample: number }),
  at: '2026-01-02T03:04:05.000Z',
  seconds: number / 8,
  chain: { id: `chain ${number}`, steps: [{ technique: 'quantize/dynamic', options: { bits: 8 } }], session: {} },
  source: digestOf('source'),
  outcome: { kind: 'failed', code: 'runtime/load', message: `é "${number}" \u0000\n${'x'.repeat(bytes)}` },
});
