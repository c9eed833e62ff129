import type { Scenario, Unit } from '../../contracts/index.ts';
import { metrics } from '../../weigh/index.ts';

/** What lighter versions can save. */
export type Saving = 'time' | 'bytes';

const bytes: readonly Unit[] = ['bytes'];
const time: readonly Unit[] = [
  'ms',
  's',
  'requests/s',
  'cpu-ms/request',
  'J/request',
  'g/million requests',
  'currency/month',
  'currency/million requests',
];

/** What a scenario limits or prefers: time of answers (and what grows with it: cost, energy), or bytes of file and memory. A scenario that says
 *  nothing about either wants both. */
export const wantedOf = ({ must, prefer }: Pick<Scenario, 'must' | 'prefer'>): ReadonlySet<Saving> => {
  const named = new Set([...must.map(({ metric }) => metric), ...prefer]);
  const units = new Set(metrics.filter(({ id }) => named.has(id)).map(({ unit }) => unit));
  const wanted = new Set<Saving>();
  if (bytes.some((unit) => units.has(unit))) wanted.add('bytes');
  if (time.some((unit) => units.has(unit))) wanted.add('time');
  return wanted.size > 0 ? wanted : new Set<Saving>(['time', 'bytes']);
};
