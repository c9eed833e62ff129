import { z } from 'zod';
import { SteelyardError, type Target } from '../../contracts/index.ts';
import { parseLabels } from '../../queue/index.ts';
import { bytesOf } from './quantity.ts';

/** The YAML form of the hardware to decide for. */
export const targetSchema = z.strictObject({
  labels: z
    .array(z.string())
    .max(32)
    .optional()
    .describe('What a worker must say of itself (worker --labels): [cpu=avx2, site=lab]'),
  'instruction-sets': z
    .array(
      z.string().regex(/^[a-z0-9_]{1,32}$/, 'the name of an instruction set as in /proc/cpuinfo, for example avx2'),
    )
    .max(32)
    .optional()
    .describe('Instruction sets that it must have, as /proc/cpuinfo names them: [avx2, avx512_vnni]'),
  'cores-at-least': z.int().min(1).max(4096).optional(),
  'memory-at-least': z.string().optional().describe('"8 GB"'),
});

/** The target as the scenario noun has it. `where`: the place of a key, for complaints. Errors: `scenario/target`, `scenario/unit`. */
export const targetOf = (raw: z.infer<typeof targetSchema>, where: (key: string) => string): Target => {
  const labels = (): Target['labels'] => {
    try {
      return parseLabels((raw.labels ?? []).join(','));
    } catch (error) {
      throw new SteelyardError(
        'scenario/target',
        `${where('labels')}: ${(error as Error).message}`,
        'write name=value: labels: [cpu=avx2, site=lab]',
      );
    }
  };
  const memory = raw['memory-at-least'];
  return {
    labels: labels(),
    instructionSets: raw['instruction-sets'] ?? [],
    coresAtLeast: raw['cores-at-least'] ?? 1,
    memoryBytesAtLeast: memory === undefined ? 0 : bytesOf(memory, where('memory-at-least')),
  };
};
