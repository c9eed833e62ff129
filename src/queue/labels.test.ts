import { expect, test } from 'vitest';
import { parseLabels } from './labels.ts';

test('labels are read with spaces and empty parts left out', () => {
  expect(parseLabels('cpu=avx2, site=lab,')).toEqual({ cpu: 'avx2', site: 'lab' });
  expect(parseLabels('')).toEqual({});
});

test.each([
  ['lab', /"lab" is no label/],
  ['site=', /"site=" is no label/],
  ['=lab', /"=lab" is no label/],
  ['site=a b', /"site=a b" is no label/],
  ['site=lab,site=roof', /the label "site" is given twice/],
  [Array.from({ length: 33 }, (_, at) => `l${at}=x`).join(), /33 labels, at most 32 fit/],
])('%s is queue/labels', (text, message) => {
  expect(() => parseLabels(text)).toThrow(
    expect.objectContaining({ code: 'queue/labels', message: expect.stringMatching(message) as string }),
  );
});
