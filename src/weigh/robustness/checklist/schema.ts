import { z } from 'zod';

/** The YAML form of a checklist, as the user writes it. Keys are kebab-case. */

const text = z.string().min(1).max(20_000);
const name = z.string().min(1).max(120);
const labels = z.union([name, z.array(name).min(1).max(100)]).describe('One label, or several of which any will do');
const tolerance = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe('How far the probability may move the wrong way before a case fails; default 0.1');

const template = z
  .union([text, z.strictObject({ text, pair: text })])
  .describe('A text with {slots}; {city} takes from the list "city", {city2} another value of it; "{{" is a brace');

const source = {
  name: name.describe('Unique within the suite; results are reported as test=<name>'),
  capability: name.optional().describe('What the test is about, for readers'),
  templates: z.array(template).min(1).max(200).optional(),
  samples: z
    .int()
    .min(1)
    .max(5000)
    .optional()
    .describe('Texts at most; all combinations where there are fewer, else drawn by seed; default 100'),
};
const drawn = {
  examples: z
    .int()
    .min(1)
    .max(5000)
    .optional()
    .describe('Instead of templates: this many evaluation examples, by seed'),
};

const phrases = z.array(text).min(1).max(100);
export const changeSchema = z
  .strictObject({
    perturb: z
      .array(z.string())
      .min(1)
      .max(50)
      .optional()
      .describe('Perturbations by id; "typo@0.1" states a strength'),
    append: phrases.optional().describe('Phrases to add at the end, each a variant'),
    prepend: phrases.optional().describe('Phrases to add at the beginning, each a variant'),
    replace: z
      .record(text, z.union([z.string(), z.array(z.string()).min(1).max(100)]))
      .optional()
      .describe('Words or phrases → what stands in their place, each a variant'),
    vary: name.optional().describe('A slot of the templates that gets other values of its list'),
    copies: z
      .int()
      .min(1)
      .max(50)
      .optional()
      .describe('Draws per perturbation, values per varied slot; default 1, and 3'),
  })
  .refine((change) => Object.keys(change).some((key) => key !== 'copies'), {
    message: 'says no change: give perturb, append, prepend, replace or vary',
  })
  .describe('How variants are made from each text');

const expectation = z.union([
  z
    .strictObject({
      goes: z.enum(['up', 'down']),
      label: name.optional().describe('Whose probability; default: the answer to the unchanged text'),
      tolerance,
    })
    .describe('The probability of a label must not fall (up) or must not rise (down)'),
  z.strictObject({ becomes: labels }).describe('The changed text must get this answer'),
  z.strictObject({ leaves: name }).describe('Where the unchanged text gets this answer, the changed one must not'),
]);

const minimal = z
  .strictObject({ ...source, type: z.literal('MFT'), label: labels })
  .describe('Minimum functionality: texts with a known answer');
const invariance = z
  .strictObject({ ...source, ...drawn, type: z.literal('INV'), change: changeSchema, tolerance })
  .describe('Invariance: changes that must not change the answer');
const directional = z
  .strictObject({ ...source, ...drawn, type: z.literal('DIR'), change: changeSchema, expect: expectation })
  .describe('Directional expectation: changes that must move the answer one way');

export const suiteSchema = z.strictObject({
  name: name.optional(),
  lists: z
    .record(
      z.string().regex(/^[a-z][a-z_-]*$/, 'small letters, "-" and "_"'),
      z.array(z.string().min(1).max(1000)).min(1).max(2000),
    )
    .optional()
    .describe('Values for slots; the lists "name", "city" and "country" are there already'),
  tests: z
    .array(z.discriminatedUnion('type', [minimal, invariance, directional]))
    .min(1)
    .max(500),
});

export type SuiteFile = z.infer<typeof suiteSchema>;
export type TestFile = SuiteFile['tests'][number];
export type ChangeFile = z.infer<typeof changeSchema>;

/** The published JSON Schema of a checklist, for editors. */
export const checklistJsonSchema = (): Record<string, unknown> => ({
  title: 'Steelyard checklist',
  ...(z.toJSONSchema(suiteSchema, { target: 'draft-2020-12' }) as Record<string, unknown>),
});
