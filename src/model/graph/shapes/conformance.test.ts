import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Model, Tensor } from '../../../contracts/index.ts';
import { sharedOrSkip } from '../../../testing/shared.ts';
import { decode, decodeTensor } from '../../onnx/index.ts';
import { inferFacts } from '../index.ts';
import type { Inferred } from '../index.ts';

const root = sharedOrSkip('shape inference on the ONNX backend cases', 'conformance', 'onnx-backend-node-v1.22.0');

interface Case {
  readonly name: string;
  readonly model: Model;
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly (Tensor | null)[];
}

const tensorsIn = (folder: string, kind: string): (Tensor | null)[] => {
  const count = readdirSync(folder).filter((name) => name.startsWith(`${kind}_`)).length;
  return Array.from({ length: count }, (_, i) => {
    try {
      return decodeTensor(readFileSync(join(folder, `${kind}_${i}.pb`)));
    } catch {
      // Sequences and optionals are other messages.
      return null;
    }
  });
};

const cases = (): Case[] =>
  readdirSync(root ?? '', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const data = join(root ?? '', name, 'test_data_set_0');
      return {
        name,
        model: decode(readFileSync(join(root ?? '', name, 'model.onnx'))),
        inputs: tensorsIn(data, 'input'),
        outputs: tensorsIn(data, 'output'),
      };
    });

type Judgement = 'right' | 'partly' | 'unknown' | 'wrong';

const judge = (fact: Inferred | null | undefined, truth: Tensor): Judgement => {
  if (!fact || (fact.dtype === null && fact.dims === null)) return 'unknown';
  if (fact.dtype !== null && fact.dtype !== truth.dtype) return 'wrong';
  if (fact.dims === null) return 'partly';
  if (fact.dims.length !== truth.dims.length) return 'wrong';
  if (fact.dims.some((dim, i) => typeof dim === 'number' && dim !== truth.dims[i])) return 'wrong';
  return fact.dtype !== null && fact.dims.every((dim) => typeof dim === 'number') ? 'right' : 'partly';
};

/** The same model with the test's inputs as constants, so that rules which need contents have them. */
const withConstants = ({ model, inputs }: Case): Model => {
  const initializers = new Map(model.graph.initializers);
  model.graph.inputs.forEach((input, i) => {
    const value = inputs[i];
    if (value) initializers.set(input.name, value);
  });
  const rest = model.graph.inputs.filter((input) => !initializers.has(input.name));
  return { ...model, irVersion: Math.max(4, model.irVersion), graph: { ...model.graph, inputs: rest, initializers } };
};

const tally = (all: readonly Case[], prepare: (one: Case) => Model) => {
  const counts = { right: 0, partly: 0, unknown: 0, wrong: 0 };
  const lists: Record<Judgement, string[]> = { right: [], partly: [], unknown: [], wrong: [] };
  for (const one of all) {
    const facts = inferFacts(prepare(one), { useStated: false });
    one.model.graph.outputs.forEach((output, i) => {
      const truth = one.outputs[i];
      if (!truth) return;
      const verdict = judge(facts.get(output.name), truth);
      counts[verdict]++;
      lists[verdict].push(
        `${one.name} ${output.name}: ${JSON.stringify(facts.get(output.name))} is ${truth.dtype}[${truth.dims.join()}]`,
      );
    });
  }
  return { counts, lists };
};

test.runIf(root)('claims nothing false about the outputs of the ONNX backend cases', () => {
  const all = cases();
  const plain = tally(all, (one) => one.model);
  const constant = tally(all, withConstants);
  process.stderr.write(`shape inference, backend cases, inputs as declared: ${JSON.stringify(plain.counts)}\n`);
  process.stderr.write(`shape inference, backend cases, inputs as constants: ${JSON.stringify(constant.counts)}\n`);
  if (process.env['SHAPES_LIST'])
    process.stderr.write([...constant.lists.unknown, ...constant.lists.partly].join('\n'));
  expect([...plain.lists.wrong, ...constant.lists.wrong]).toEqual([]);
  expect(constant.counts.right).toBeGreaterThan(0.85 * all.length);
});
