import { expect, test } from 'vitest';
import { optionLines } from './option-lines.ts';

test('a line says values, meaning and default', () => {
  const lines = optionLines(
    {
      count: { kind: 'integer', default: 3, min: 1, max: 9, description: 'How many.' },
      names: { kind: 'names', default: [], description: 'Which.' },
      suite: { kind: 'text', default: '', description: 'A file.' },
    },
    (key) => `--${key}`,
  );
  expect(lines).toEqual([
    '    --count <1 … 9>\n        How many. Default: 3.',
    '    --names <names>\n        Which. Default: none.',
    '    --suite <text>\n        A file. Default: none.',
  ]);
});
