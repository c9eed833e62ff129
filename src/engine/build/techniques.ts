import { closest } from '../../contracts/closest.ts';
import { SteelyardError, type OptionsSpec, type Technique } from '../../contracts/index.ts';
import { techniques } from '../../optimize/index.ts';

export interface TechniqueDescription {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly source: string;
  readonly summary: string;
  readonly options: OptionsSpec;
  readonly needs: { readonly calibration: string; readonly training: boolean };
  /** The page of the repository that says what it was worth on a real model. */
  readonly measured: string;
}

/** Techniques that make another, smaller network are measured with their accuracy; the others with speed and error alone. */
const smaller = ['trim/', 'distill/', 'prune/', 'factorize/', 'recover/', 'exit/', 'quantize/aware'];
const pageOf = (id: string): string =>
  smaller.some((family) => id.startsWith(family)) ? 'bench/what-shrinks.md' : 'bench/what-pays.md';

/** The technique with this id. Errors: `usage/technique` with the nearest and all known ids. */
export const techniqueOf = (id: string): Technique => {
  const found = techniques.find((technique) => technique.id === id);
  if (found !== undefined) return found as Technique;
  const ids = techniques.map((technique) => technique.id);
  const near = closest(id, ids);
  throw new SteelyardError(
    'usage/technique',
    `unknown technique "${id}"${near === null ? '' : `; did you mean "${near}"?`}`,
    near === null ? `techniques: ${ids.join(', ')}` : 'steelyard techniques lists all of them with their options',
  );
};

/** The techniques as their own declarations describe them; one or all. Errors: `usage/technique`. */
export const describeTechniques = (id?: string): readonly TechniqueDescription[] =>
  (id === undefined ? techniques : [techniqueOf(id)]).map(
    ({ id: name, version, title, source, summary, options, needs }) => ({
      id: name,
      version,
      title,
      source,
      summary,
      options,
      needs,
      measured: pageOf(name),
    }),
  );
