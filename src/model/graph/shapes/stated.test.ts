import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Model } from '../../../contracts/index.ts';
import { shared, sharedOrSkip } from '../../../testing/shared.ts';
import { decodeFile } from '../../onnx/index.ts';
import { inferFacts } from '../index.ts';

const roots = [
  sharedOrSkip('stated types of real models', 'models'),
  shared('conformance', 'onnxruntime-testdata-2020'),
].filter((root) => root !== null);

const files = roots.flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(root, name)),
);

/** Files whose statements are false: weights were made smaller, or types made up, without restating the outputs. Looked at
 *  one by one; ONNX Runtime warns about them and computes the inferred shapes. */
const falseStatements =
  /BertForQuestionAnswering_[01]\.onnx|GPT2Model\.onnx|embed_layer_norm_format[124]|fuse-conv-bn-mul-add-unsqueeze|reshape_fusion_with_graph_inputs/;

test.runIf(files.length > 0)('contradicts nothing that real files state about their values', async () => {
  const counts = { right: 0, partly: 0, unknown: 0, wrong: 0 };
  const wrong: string[] = [];
  for (const file of files) {
    let model: Model;
    try {
      model = await decodeFile(file);
    } catch {
      // The corpus holds files that are no models.
      continue;
    }
    const facts = inferFacts(model, { useStated: false });
    const stated = new Map([...model.graph.values, ...model.graph.outputs.map((one) => [one.name, one] as const)]);
    for (const [name, { type }] of stated) {
      if (type?.kind !== 'tensor' || model.graph.initializers.has(name)) continue;
      const fact = facts.get(name);
      if (!fact || (fact.dtype === null && fact.dims === null)) counts.unknown++;
      else if (
        (fact.dtype !== null && type.dtype !== 'undefined' && fact.dtype !== type.dtype) ||
        (fact.dims &&
          type.dims &&
          (fact.dims.length !== type.dims.length ||
            fact.dims.some(
              (dim, i) => typeof dim === 'number' && typeof type.dims?.[i] === 'number' && dim !== type.dims[i],
            )))
      ) {
        if (falseStatements.test(file)) continue;
        counts.wrong++;
        wrong.push(`${file} ${name}: ${JSON.stringify(fact)} but stated ${JSON.stringify(type)}`);
      } else if (fact.dims && type.dims?.every((dim, i) => dim === null || dim === fact.dims?.[i])) counts.right++;
      else counts.partly++;
    }
  }
  process.stderr.write(`shape inference, stated values of ${files.length} files: ${JSON.stringify(counts)}\n`);
  expect(wrong).toEqual([]);
});
