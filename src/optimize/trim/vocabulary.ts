import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Model, Refusal, TechniqueResult } from '../../contracts/index.ts';
import { edit, labelOf, type Draft } from '../../model/graph/index.ts';
import { bytesOf, type Case } from './case.ts';
import { chooseTokens } from './choose.ts';
import { idsOfConstant } from './constant-ids.ts';
import { demandsOf, type Demands } from './demands.ts';
import { countTokens } from './frequency.ts';
import { otherReader } from './output-layers.ts';
import { remapIds } from './remap-ids.ts';
import { rewriteIds } from './rewrite-ids.ts';
import { findTables, mayLookUp, type Tables } from './tables.ts';
import { namedBeside } from './tokenizer/beside.ts';
import { readTokenizerFile, type TokenizerFile } from './tokenizer/file.ts';

interface Settings {
  readonly form: string;
  readonly coverage: number;
  readonly minimumCount: number;
  readonly keepCharacters: boolean;
  readonly size: number;
}

const because = (reason: string, ...nodes: string[]): Refusal => ({ reason, nodes });
const refused = (model: Model, ...skipped: Refusal[]): TechniqueResult => ({ model, changes: [], skipped });

const readTokenizer = async (context: Context): Promise<TokenizerFile | string> => {
  const bytes = await context.companion('tokenizer.json');
  return bytes === null ? 'no tokenizer.json lies beside the model' : readTokenizerFile(bytes);
};

/** Ids that the graph compares with, or why they cannot be told. */
const comparedIds = async (
  draft: Draft,
  { comparisons }: Demands,
  context: Context,
): Promise<readonly number[] | Refusal> => {
  const found: number[] = [];
  for (const { node, at } of comparisons) {
    const ids = await idsOfConstant(draft.constant(node.inputs[at]!)!, context);
    if (ids === null) return because('the ids are compared with a constant that holds no integers', labelOf(node));
    found.push(...ids);
  }
  return found;
};

/** Why the ids in the data cannot be rows of this table, or tokens of this tokenizer; null when they can. */
const mismatch = ({ frequencies, tables, tokenizer, texts }: Case): string | null => {
  for (const id of frequencies.seen.keys()) {
    if (id < 0 || id >= tables.rows) return `the data have id ${id}, which the table of ${tables.rows} rows does not`;
    if (tokenizer !== null && !texts.has(id)) return `the data have id ${id}, which tokenizer.json does not`;
  }
  return null;
};

/** Why a map in the graph would not do; null when it would. */
const cannotRemap = (draft: Draft, tables: Tables, unknown: number | null, kept: number): string | null => {
  const reader = otherReader(draft, tables);
  if (reader !== null)
    return `form remap needs a table of its own, and this one is also used by ${reader === 'a subgraph' ? reader : labelOf(reader)}`;
  const stored = tables.cuts.map(({ name }) => draft.constant(name)!);
  if (unknown === null && stored.some(({ dtype }) => dtype !== 'float32'))
    return 'no file names an unknown token for ids that are gone, and the table is not float32, so that no mean row can stand in';
  const width = stored.reduce((sum, tensor) => sum + bytesOf(tensor), 0) / tables.rows;
  const saved = (tables.rows - kept - 1) * width - tables.rows * (kept < 65_536 ? 2 : 4);
  return saved > 0 ? null : 'a map of the ids would be as large as what the table loses';
};

/** Only the tokens that the data and the language need: the table of word vectors gets fewer rows, and tokenizer.json, or a map in
 *  the graph, follows.
 *  Shapes: inputs as before; outputs too, except scores of tokens, [..., rows] → [..., kept]. Errors: `engine/cancelled`; those of
 *  reading. Source: Abdaoui et al. 2020, "Load What You Need"; Hugging Face tokenizers, file format 1.0. */
export const vocabulary = defineTechnique({
  id: 'trim/vocabulary',
  version: 2,
  title: 'Fewer tokens',
  source:
    'Abdaoui, Pradel and Sigel 2020, "Load What You Need: Smaller Versions of Multilingual BERT"; Hugging Face tokenizers, file format 1.0',
  summary:
    'Keeps only the tokens that the data and the language need, and cuts the table of word vectors to them. ' +
    'Texts of kept tokens are read as before and get the same answers; other words split into smaller pieces, and characters that ' +
    'are gone become unknown, which the result counts. The file shrinks much where the vocabulary is large; speed hardly changes.',
  fileSuffix: null,
  needs: { calibration: 'optional', training: false },
  options: {
    form: {
      kind: 'choice',
      choices: ['auto', 'rewrite', 'remap'],
      default: 'auto',
      description:
        'rewrite: new ids, and tokenizer.json follows. remap: ids and tokenizer stay, and a map in the graph leads to the rows. ' +
        'auto: rewrite where it is possible.',
    },
    coverage: {
      kind: 'number',
      default: 1,
      min: 0,
      max: 1,
      description:
        'Share of the token occurrences in the data that kept tokens cover at least; 1 keeps all that occur.',
      search: [1, 0.99],
    },
    minimumCount: {
      kind: 'integer',
      default: 1,
      min: 1,
      max: 1_000_000,
      description: 'Drop tokens that occur less often in the data.',
    },
    keepCharacters: {
      kind: 'boolean',
      default: true,
      description:
        'Keep single characters, as words and inside words, of the scripts that make up 0.1 % of the data or more, so that unseen words still split.',
    },
    size: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 10_000_000,
      description:
        'Most tokens to keep besides special tokens and characters, the most frequent first; 0 sets no limit.',
    },
  },
  place: { stage: 'vocabulary', saves: ['bytes'], quick: true },
  // What texts of other words become is another reading: the result is held to its answers.
  tolerance: () => null,
  check: ({ graph }) => (graph.nodes.some(mayLookUp) ? null : because('the graph looks up no table: it has no Gather')),
  async apply(model, options: Settings, context) {
    context.signal.throwIfAborted();
    const draft = edit(model);
    const tables = findTables(draft);
    if ('reason' in tables) return refused(model, tables);
    const frequencies = await countTokens(context, new Set(tables.inputs.keys()));
    if (frequencies === null)
      return refused(model, because('it needs data to tell which tokens occur: training or calibration data'));
    const read = await readTokenizer(context);
    const demands = demandsOf(draft, tables, context.learning?.labels.length ?? null);
    /** Why ids cannot change. */
    const obstacle = typeof read === 'string' ? because(read) : 'reason' in demands ? demands : null;
    if (options.form === 'rewrite' && obstacle !== null)
      return refused(model, { ...obstacle, reason: `${obstacle.reason}; form remap leaves ids as they are` });

    const tokenizer = typeof read === 'string' ? null : read;
    const texts = new Map([...(tokenizer?.model.ids ?? [])].map(([token, id]) => [id, token]));
    for (const [id, content] of tokenizer?.added ?? []) texts.set(id, content);
    const byText = new Map([...texts].map(([id, text]) => [text, id]));
    const beside = await namedBeside(context, (content) => byText.get(content));
    const { text = null } = context.learning ?? {};
    const unknown = tokenizer?.model.unknown ?? beside.unknown ?? text?.unknownToken ?? null;
    const inTable = (ids: Iterable<number>): number[] => [...ids].filter((id) => id >= 0 && id < tables.rows);
    const special = new Set(
      inTable([
        ...(tokenizer?.added.keys() ?? []),
        ...(text?.special ?? []),
        ...beside.ids,
        beside.pad ?? text?.padToken ?? 0,
      ]),
    );
    const one: Case = { draft, tables, frequencies, tokenizer, texts, special };
    const choose = (compared: readonly number[]): readonly number[] =>
      chooseTokens(
        frequencies.seen,
        new Set(
          inTable([...special, ...(tokenizer?.named ?? []), ...compared, ...(unknown === null ? [] : [unknown])]),
        ),
        tokenizer === null ? null : { model: tokenizer.model, texts },
        tables.rows,
        options,
      );
    const all = (kept: readonly number[]): boolean => kept.length === tables.rows;
    const needed = because(`all ${tables.rows} rows of the table are needed`);

    if (tokenizer !== null && !('reason' in demands) && options.form !== 'remap') {
      const wrong = mismatch(one);
      if (wrong !== null) return refused(model, because(wrong));
      const compared = await comparedIds(draft, demands, context);
      if ('reason' in compared) return refused(model, compared);
      const kept = choose(compared);
      return all(kept) ? refused(model, needed) : rewriteIds(one, tokenizer, demands, kept, context);
    }
    const wrong = mismatch({ ...one, tokenizer: null });
    if (wrong !== null) return refused(model, because(wrong));
    const kept = choose([]);
    if (all(kept)) return refused(model, needed);
    const why = cannotRemap(draft, tables, unknown, kept.length);
    if (why !== null) return refused(model, because(why), ...(obstacle === null ? [] : [obstacle]));
    const result = await remapIds(one, kept, unknown, context);
    return options.form === 'remap' || obstacle === null
      ? result
      : {
          ...result,
          skipped: [...result.skipped, { ...obstacle, reason: `ids stay as they are: ${obstacle.reason}` }],
        };
  },
});
