import { expect, test } from 'vitest';
import { techniques } from './index.ts';
import { orderFault, orderRules } from './order.ts';

const chain = (...ids: string[]) => ids.map((technique) => ({ technique, options: {} }));

test('sensible orders pass', () => {
  expect(orderFault([])).toBeNull();
  expect(orderFault(chain('trim/vocabulary', 'distill/student', 'quantize/dynamic', 'quantize/embedding'))).toBeNull();
  expect(
    orderFault(
      chain('prune/structured', 'factorize/low-rank', 'distill/recover', 'quantize/smooth', 'quantize/static'),
    ),
  ).toBeNull();
  expect(orderFault(chain('distill/student', 'quantize/dynamic', 'exit/cascade'))).toBeNull();
  for (const smaller of ['distill/student', 'prune/structured', 'prune/layers', 'factorize/low-rank'])
    expect(orderFault(chain(smaller, 'exit/early', 'quantize/dynamic'))).toBeNull();
  expect(orderFault(chain('quantize/dynamic', 'quantize/embedding', 'quantize/float16-storage'))).toBeNull();
  expect(orderFault(chain('quantize/embedding', 'trim/vocabulary', 'recover/ridge'))).toBeNull();
});

test('a step that comes too late is named with what it comes after', () => {
  expect(orderFault(chain('quantize/dynamic', 'fuse/gelu', 'prune/structured'))).toMatchObject({
    technique: 'prune/structured',
    after: 'quantize/dynamic',
    reason: expect.stringContaining('before quantization') as string,
  });
  expect(orderFault(chain('exit/cascade', 'distill/student'))).toMatchObject({ after: 'exit/cascade' });
  expect(orderFault(chain('prune/2-4', 'recover/ridge'))).toMatchObject({ after: 'prune/2-4' });
  expect(orderFault(chain('quantize/static', 'quantize/smooth'))).toMatchObject({ technique: 'quantize/smooth' });
});

test('every rule speaks of techniques that exist', () => {
  const ids = techniques.map(({ id }) => id);
  for (const { earlier, later, reason } of orderRules) {
    expect(reason).toMatch(/\w+ \w+/);
    for (const pattern of [...earlier, ...later]) {
      const prefix = pattern.replace(/\*$/, '');
      expect(
        ids.some((id) => (pattern.endsWith('*') ? id.startsWith(prefix) : id === pattern)),
        pattern,
      ).toBe(true);
    }
  }
});
