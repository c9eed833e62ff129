export { chainId } from './chain-id.ts';
export { parseScenario, readScenario } from './parse.ts';
export { presetNames } from './presets.ts';
export { scenarioJsonSchema } from './json-schema.ts';
