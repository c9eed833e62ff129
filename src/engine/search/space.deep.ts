import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultSearch } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { context } from '../../optimize/testing/quantized.ts';
import { readMachine } from '../../runtime/index.ts';
import { makeSpace } from './space.ts';
import { checkChains } from './testing/check-chains.ts';

const shared = join(import.meta.dirname, '../../../../shared/models/clinc150-bert/onnx/model_dynamo.onnx');
if (!existsSync(shared)) process.stdout.write(`skipped: the space of a BERT classifier, as ${shared} is not there\n`);

test.runIf(existsSync(shared))('a BERT classifier has thousands of points, all of them chains', async () => {
  const space = await makeSpace({
    model: await decodeFile(shared),
    machine: { ...(await readMachine()), cores: 2, instructionSets: ['avx2'] },
    scenario: {
      session: {},
      must: [],
      prefer: ['latency-p50', 'size'],
      budget: { minutes: 30 },
      search: defaultSearch,
    },
    context: await context(),
  });
  expect(space.points).toBeGreaterThan(1000);
  checkChains(space, 2000);
});
