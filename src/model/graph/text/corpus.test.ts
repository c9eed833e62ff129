import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedOrSkip } from '../../../testing/shared.ts';
import { decode } from '../../onnx/index.ts';
import { parseText, printText } from '../index.ts';

const root = sharedOrSkip('text form of the ONNX backend cases', 'conformance', 'onnx-backend-node-v1.22.0');

test.runIf(root)('every backend case reads back as the same text', () => {
  const different: string[] = [];
  let count = 0;
  for (const entry of readdirSync(root ?? '', { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const model = decode(readFileSync(join(root ?? '', entry.name, 'model.onnx')));
    const text = printText(model, { maximumElements: 100_000 });
    const again = parseText(text);
    if (printText(again, { maximumElements: 100_000 }) !== text) different.push(entry.name);
    expect(again.graph.nodes.length, entry.name).toBe(model.graph.nodes.length);
    count++;
  }
  process.stderr.write(`text form: ${count} models printed and read back\n`);
  expect(different).toEqual([]);
});
