import { SteelyardError } from '../contracts/index.ts';
import type { Labels } from './requirement.ts';

const most = 32;

/** "cpu=avx2,site=lab" → labels. Errors: `queue/labels` naming the part that is none. */
export const parseLabels = (text: string): Labels => {
  const labels: Record<string, string> = {};
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length > most) throw new SteelyardError('queue/labels', `${parts.length} labels, at most ${most} fit`);
  for (const part of parts) {
    const match = /^([a-z][a-z0-9-]{0,62})=([\w.-]{1,63})$/i.exec(part);
    if (match === null)
      throw new SteelyardError(
        'queue/labels',
        `"${part}" is no label`,
        'write name=value pairs with commas between: --labels cpu=avx2,site=lab (letters, digits, ".", "-", "_")',
      );
    const [, name, value] = match;
    if (Object.hasOwn(labels, name!)) throw new SteelyardError('queue/labels', `the label "${name}" is given twice`);
    labels[name!] = value!;
  }
  return labels;
};
