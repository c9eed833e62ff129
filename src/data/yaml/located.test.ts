import { expect, test } from 'vitest';
import { z } from 'zod';
import { check } from './check.ts';
import { locate, place, plainOf } from './located.ts';

const of = (text: string) => locate('f.yaml', text, 'test/yaml', 'write YAML');

test('places of values and keys; what is not there is looked for further up', () => {
  const located = of('a:\n  b: 1\nc: [x,\n  y]\n');
  expect(place(located, ['a', 'b'])).toBe('f.yaml:2:6');
  expect(place(located, ['a'], 'b')).toBe('f.yaml:2:3');
  expect(place(located, ['c', 1])).toBe('f.yaml:4:3');
  expect(place(located, ['a', 'none', 3])).toBe('f.yaml:2:3');
  expect(place(of(''), ['a'])).toBe('f.yaml');
});

test.each([
  ['open brackets', 'a: [', /^f\.yaml:1:\d+: /],
  ['a key twice', 'a: 1\na: 2', /^f\.yaml:2:1: /],
])('%s are told with line and column, under the code of the file', (_, text, message) => {
  expect(() => of(text)).toThrow(
    expect.objectContaining({
      code: 'test/yaml',
      message: expect.stringMatching(message) as string,
      hint: 'write YAML',
    }),
  );
});

test('anchors that multiply are refused before they fill the memory', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let at = 1; at < 9; at++)
    lines.push(
      `a${at}: &a${at} [${Array(9)
        .fill(`*a${at - 1}`)
        .join(', ')}]`,
    );
  expect(() => plainOf(of(lines.join('\n')))).toThrow(expect.objectContaining({ code: 'test/yaml' }));
});

test('every fault of the keys at its place, with the key that was meant', () => {
  const schema = z.strictObject({
    label: z.string(),
    many: z.array(z.union([z.number(), z.strictObject({ id: z.number() })])),
  });
  const located = of('lable: x\nlabel: 1\nmany:\n  - id: y\n');
  expect(() => check(located, schema, { code: 'test/keys', hint: 'see the schema' })).toThrow(
    expect.objectContaining({
      code: 'test/keys',
      message: expect.stringMatching(
        /f\.yaml:2:8: label: .*\nf\.yaml:4:9: many\[0\]\.id: .*\nf\.yaml:1:1: unknown key "lable" in the file; did you mean "label"\?/,
      ) as string,
      hint: 'see the schema',
    }),
  );
});
