// Writes data/*.jsonl from the corpus and the seed: node dist/examples/support-desk/generate.js [folder]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generate, jsonl } from './compose.ts';

const folder = resolve(process.argv[2] ?? 'examples/support-desk/data');
mkdirSync(folder, { recursive: true });
for (const [split, messages] of Object.entries(generate())) {
  const text = jsonl(messages);
  writeFileSync(join(folder, `${split}.jsonl`), text);
  console.log(`${split}: ${messages.length} messages, ${Buffer.byteLength(text)} bytes`);
}
