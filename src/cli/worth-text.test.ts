import { expect, test } from 'vitest';
import type { WhatPays } from '../engine/build/what-pays.ts';
import { worthMarkdown, worthText } from './worth-text.ts';

const seen: WhatPays = {
  machine: { cpu: 'A CPU', instructionSets: ['avx2'], onnxruntime: '1.30.0' } as unknown as WhatPays['machine'],
  model: { source: 'model/', sizeBytes: 1_000_000, parameters: 250_000 },
  comparedOn: '24 rows of data.jsonl',
  worth: [
    {
      id: 'quantize/dynamic',
      sizeBytes: 260_000,
      relativeError: 0.0123,
      ratios: [
        { rows: 1, value: 0.5, low: 0.48, high: 0.52 },
        { rows: 8, value: 0.7, low: 0.69, high: 0.71 },
      ],
    },
    {
      id: 'fuse/attention',
      sizeBytes: 1_000_000,
      relativeError: 0,
      ratios: [
        { rows: 1, value: 1.1, low: 1.05, high: 1.15 },
        { rows: 8, value: 1, low: 0.99, high: 1.01 },
      ],
    },
  ],
  leftOut: [{ id: 'quantize/embedding', reason: 'the graph has no Gather' }],
  caveats: [],
};

test('a table that says what was measured, how, and what was left out', () => {
  const text = worthText(seen);
  expect(text).toContain('speed, 1 row a call  speed, 8 rows a call');
  expect(text).toMatch(
    /quantize\/dynamic +260 kB \(−74\.0 %\) +2\.00× \[1\.92, 2\.08\] +1\.43× \[1\.41, 1\.45\] +1\.2 % +faster\n/,
  );
  expect(text).toMatch(/fuse\/attention .* none +slower in part\n/);
  expect(text).toContain('quantize/embedding  the graph has no Gather');
});

test('the same as Markdown', () => {
  const lines = worthMarkdown(seen).split('\n');
  expect(lines[3]).toBe('|---|---:|---:|---:|---:|---|');
  expect(lines[4]).toBe(
    '| `quantize/dynamic` | 260 kB (−74.0 %) | 2.00× [1.92, 2.08] | 1.43× [1.41, 1.45] | 1.2 % | faster |',
  );
});
