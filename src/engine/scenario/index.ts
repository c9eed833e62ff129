export { chainId, parseScenario, readScenario } from './parse.ts';
export { presetNames } from './presets.ts';
export { scenarioJsonSchema } from './schema.ts';
