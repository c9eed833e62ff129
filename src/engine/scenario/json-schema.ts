import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

/** The published JSON Schema of a scenario file, for editors. */
export const scenarioJsonSchema = (): Record<string, unknown> => ({
  title: 'Steelyard scenario',
  ...(z.toJSONSchema(scenarioSchema, { target: 'draft-2020-12' }) as Record<string, unknown>),
});
