import { expect, test } from 'vitest';
import type { OptionsSpec } from '../contracts/index.ts';
import { chainFromFlags, flagOf, refuseUnknownFlags } from './chain-flags.ts';

const specs: Record<string, OptionsSpec> = {
  a: {
    perChannel: { kind: 'boolean', default: false, description: '' },
    size: { kind: 'integer', default: 1, min: 1, max: 9, description: '' },
  },
  b: { size: { kind: 'integer', default: 1, min: 1, max: 9, description: '' } },
};
const parse = (line: string) => chainFromFlags(line.split(' '), (id) => specs[id] ?? {});

test('options belong to the technique before them', () => {
  expect(parse('model/ --technique a --per-channel --size=3 -t b --size 4 -o out')).toEqual({
    steps: [
      { technique: 'a', options: { perChannel: 'true', size: '3' } },
      { technique: 'b', options: { size: '4' } },
    ],
    rest: ['model/', '-o', 'out'],
  });
});

test('a boolean takes an explicit value; unknown flags stay for the command', () => {
  expect(parse('--size 2 --technique a --per-channel false --other x')).toEqual({
    steps: [{ technique: 'a', options: { perChannel: 'false' } }],
    rest: ['--size', '2', '--other', 'x'],
  });
});

test('a missing value is a usage error', () => {
  expect(() => parse('--technique a --size')).toThrow('--size needs a value');
});

test('flagOf spells a key as a flag', () => {
  expect(flagOf('perChannel')).toBe('--per-channel');
});

test('an unknown flag is refused with the near one; a known one before its technique says where it belongs', () => {
  const refuse = (...rest: string[]) => refuseUnknownFlags(rest, ['--out'], [{ id: 'a', options: specs.a! }]);
  expect(() => refuse('model/', '--out', 'x', '-q')).not.toThrow();
  expect(() => refuse('--per-chanel')).toThrow('unknown option "--per-chanel"; did you mean "--per-channel"?');
  expect(() => refuse('--ouf=x')).toThrow('did you mean "--out"?');
  expect(() => refuse('--size', '2')).toThrow('--size stands before the technique it belongs to');
});
