import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const f = 'float32';
const gates: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

interface Form {
  readonly op: string;
  readonly attributes?: string;
  readonly directions?: number;
  readonly biased?: boolean;
  readonly lengths?: boolean;
  readonly initial?: boolean;
}

const steps = 3;
const batch = 2;
const width = 2;
const hidden = 3;

/** All outputs enter the loss. */
const check = (form: Form): Parameters<typeof gradientError>[0] => {
  const { op, attributes = '', directions = 1, biased = true, lengths = false, initial = false } = form;
  const g = gates[op]! * hidden;
  const states = op === 'LSTM' ? 2 : 1;
  const shapes: Record<string, number[]> = {
    x: [steps, batch, width],
    w: [directions, g, width],
    r: [directions, g, hidden],
    ...(biased ? { b: [directions, 2 * g] } : {}),
    ...(initial ? { h: [directions, batch, hidden] } : {}),
    ...(initial && states === 2 ? { c: [directions, batch, hidden] } : {}),
  };
  const inputs = Object.entries(shapes).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  const names = [
    'x',
    'w',
    'r',
    biased ? 'b' : '_',
    lengths ? 'l' : '_',
    initial ? 'h' : '_',
    initial && states === 2 ? 'c' : '_',
  ];
  while (names.at(-1) === '_') names.pop();
  const last = `[${directions}, ${batch}, ${hidden}]`;
  const outputs = [
    `y: ${f}[${steps}, ${directions}, ${batch}, ${hidden}]`,
    `yh: ${f}${last}`,
    ...(states === 2 ? [`yc: ${f}${last}`] : []),
  ];
  const made = states === 2 ? 'y, yh, yc' : 'y, yh';
  const lines = lengths ? `l = int32[2] {3, 1};` : '';
  const text = `${inputs.join('; ')}; ${lines} ${made} = ${op}(${names.join()}) {hidden_size: ${hidden}${attributes === '' ? '' : `, ${attributes}`}}; -> ${outputs.join(', ')}`;
  return { text, shapes };
};

const both = 'direction: "bidirectional"';
test.each<Form>([
  { op: 'LSTM' },
  { op: 'LSTM', biased: false, initial: true },
  { op: 'LSTM', attributes: 'direction: "reverse"', initial: true },
  { op: 'LSTM', attributes: both, directions: 2 },
  { op: 'LSTM', attributes: both, directions: 2, lengths: true, initial: true },
  { op: 'GRU' },
  { op: 'GRU', attributes: 'linear_before_reset: 1', initial: true },
  { op: 'GRU', attributes: `linear_before_reset: 1, ${both}`, directions: 2, lengths: true },
  { op: 'GRU', biased: false, initial: true, attributes: 'direction: "reverse"' },
  { op: 'RNN', initial: true },
  { op: 'RNN', attributes: both, directions: 2, lengths: true },
])('%j', async (form) => {
  expect(await gradientError(check(form))).toBeLessThan(3e-4);
});

test('in old and new operator sets', async () => {
  for (const opset of [13, 22])
    expect(await gradientError({ ...check({ op: 'LSTM', lengths: true }), opset })).toBeLessThan(3e-4);
});

test.each([
  ['has its batch first', 'layout: 1'],
  ['clips its gates', 'clip: 3.0'],
  ['couples its input and forget gates', 'input_forget: 1'],
  ['has activations of its own', 'activations: ["Sigmoid", "Relu", "Tanh"]'],
])('refuses a layer that %s', (what, attributes) => {
  const text = check({ op: 'LSTM', attributes }).text.replace(
    /->.*/,
    's = ReduceSum(y) {keepdims: 0}; -> s: float32[]',
  );
  const model = parseText(text.replace('}; s =', '} as "memory"; s ='));
  const wrong = (): unknown => differentiate(model, 's', ['x'], emitter(model));
  expect(wrong).toThrow(what);
  expect(wrong).toThrow('memory');
});
