// Writes the JSON Schemas from the grammars of the files that users write. Run after npm run build; tests hold the files against the code.
import { writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from '../dist/src/engine/scenario/index.js';
import { trainJsonSchema } from '../dist/src/engine/train/train-config.js';
import { checklistJsonSchema } from '../dist/src/weigh/robustness/checklist/schema.js';

for (const [name, schema] of [
  ['scenario', scenarioJsonSchema()],
  ['training', trainJsonSchema()],
  ['checklist', checklistJsonSchema()],
])
  writeFileSync(new URL(`../schema/${name}.schema.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
