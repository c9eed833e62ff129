import { expect, test } from 'vitest';
import { locate, plainOf } from './located.ts';

const fault = (text: string): string => {
  try {
    plainOf(locate('f.yaml', text, 'x/yaml', 'h'));
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

test('place, what was found, what was expected, and the line with the place marked', () => {
  expect(fault('name: a\nmust: [x\n')).toBe(
    'f.yaml:2:7: [ is opened and not closed; expected ] before the end of the file in line 3\n  must: [x\n        ^',
  );
});

test.each([
  ['a quote', 'a: "x\nb: 1', /:1:4: " is opened and not closed; expected " before the end of the file in line 2\n/],
  ['an inner bracket', 'a: [1, {b: 2, 3]', /:1:8: \{ is opened and not closed; expected \} before "\]"/],
  ['a bracket in a comment opens nothing', 'a: # [\n  - {b: 1\n', /:2:5: \{ is opened/],
  ['brackets whose lines stand too far left', 'a: {b: 1,\nc: 2}', /:2:1: the line begins with "c" inside of brackets/],
  ['a key twice', 'a: 1\na: 2', /:2:1: the key "a" is there twice; expected every key once\n {2}a: 2\n {2}\^$/],
  ['a tab', 'a:\n\t- b', /:2:1: the line begins with a tab; expected spaces/],
  ['a value with a colon', 'a: b: c', /:1:4: found a second "key: value" inside a value; .*quotes/],
  ['a line too far right', 'a: 1\n b: 2', /:2:2: the line is indented further than the key above/],
  ['a line too far left', 'a:\n  b: 1\n c: 2', /:3:2: the line is indented unlike those beside it/],
  ['a reserved sign', 'a: @x', /:1:4: a value begins with "@"; expected quotes around it/],
  ['a backslash', 'a: "\\q"', /:1:5: a backslash in double quotes .*; expected single quotes/],
  ['no colon', 'a: 1\nfoo\nb: 2', /:2:1: found "foo" without a colon; expected "key: value"/],
  ['a list that loses its dash', 'a:\n  - b: 1\n   c: 2', /:3:4: found "c" where the list goes on; expected "- "/],
  ['two documents', 'a: 1\n---\nb: 2', /:2:1: found a second document \(---\); expected one/],
  ['words after quotes', 'a: "x" y', /:1:8: found "y" after a value that was complete/],
  ['a name that is not given', 'a: *b', /^f\.yaml: found \*b, and nothing before it is named &b/],
  ['two names', 'a: &x &y 1', /:1:7: found "&" where a value can have one name/],
])('%s', (_, text, message) => {
  const told = fault(text);
  expect(told).toMatch(message);
  // None of the library's own words.
  expect(told).not.toMatch(/implicit|scalar|flow|compact|token|sequence|mapping|node|plain/i);
});

test('long lines are cut around the place', () => {
  const [, line = '', mark = ''] = fault(`a: ${'x'.repeat(300)} @ b: c`).split('\n');
  expect(line.length).toBeLessThan(125);
  expect(mark.trim()).toBe('^');
  expect(mark.length).toBeLessThanOrEqual(line.length + 1);
});
