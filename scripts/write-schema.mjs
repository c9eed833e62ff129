// Writes schema/scenario.schema.json from the scenario grammar. Run after npm run build; a test holds the file against the code.
import { writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from '../dist/src/engine/scenario/index.js';

writeFileSync(
  new URL('../schema/scenario.schema.json', import.meta.url),
  `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`,
);
