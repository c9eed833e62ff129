import { expect, test } from 'vitest';
import { exampleOf } from './testing/text.ts';
import { tensorRows } from './tensor-rows.ts';

const inputs = [{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 2] } }] as const;
const x = (...data: number[]) => ({
  tensors: { x: { dtype: 'float64' as const, dims: [data.length], data: Float64Array.from(data) } },
});

test('stacks what one call can hold', () => {
  const { encode, bucket } = tensorRows(inputs, 'tensor-regression');
  const { feeds } = encode([exampleOf(x(1, 2)), exampleOf(x(3, 4))]);
  expect(feeds['x']).toEqual({ dtype: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  expect(bucket(exampleOf(x(1, 2)))).toBe('2');
});

test('says which task feeds tensors only, and what an example lacks', () => {
  const sequence = [{ name: 's', type: null }] as unknown as typeof inputs;
  expect(() => tensorRows(sequence, 'tensor-to-tensor')).toThrowError(
    expect.objectContaining({ hint: 'tensor-to-tensor feeds tensors only' }),
  );
  expect(() => tensorRows(inputs, 'tensor-regression').encode([exampleOf({})])).toThrowError(/no tensor/);
});
