import type { BuildRecord } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { unweighedText } from '../search/promised.ts';
import { clip, listed, plural } from '../text.ts';
import { baselineId, type Version, type View } from '../view.ts';
import { openText, sentence, verdictWord } from './gates.ts';
import { versionCell } from './comparison.ts';

type Built = Extract<BuildRecord['outcome'], { kind: 'built' }>;

interface Reason {
  readonly tone: 'pass' | 'fail' | 'undecided' | 'neutral';
  readonly word: string;
  readonly text: readonly string[];
}

/** Why a built version has no verdict: the search passed it over, or the run has not come so far. */
const unweighed = (view: View, { id }: Version): string =>
  unweighedText(view, id) ??
  (view.choice === null
    ? 'It was built, and the run has not decided yet: --resume goes on with it.'
    : 'It was built, but the run did not weigh it.');

const keyOf = ({ files, sessionOptions }: Built): string =>
  JSON.stringify([files.map(({ digest }) => digest), Object.entries(sessionOptions).sort()]);

/** The weighed version with the same files that runs in the same way, when this one was not weighed because it would be weighed twice. */
const twinOf = (view: View, version: Version): Version | null => {
  const outcome = version.build?.outcome;
  if (outcome?.kind !== 'built') return null;
  const same = keyOf(outcome);
  return (
    view.candidates.find(
      (other) =>
        other !== version &&
        other.verdict !== null &&
        other.build?.outcome.kind === 'built' &&
        keyOf(other.build.outcome) === same,
    ) ?? null
  );
};

const reasonOf = (view: View, version: Version): Reason | null => {
  const outcome = version.build?.outcome;
  if (outcome?.kind === 'refused')
    return {
      tone: 'neutral',
      word: 'does not apply',
      text: [`${outcome.technique}: ${sentence(outcome.refusal.reason)}`],
    };
  if (outcome?.kind === 'failed')
    return { tone: 'fail', word: 'not built', text: [`${sentence(clip(outcome.message, 400))} (${outcome.code})`] };
  if (version.failure !== null)
    return {
      tone: 'fail',
      word: 'broke down',
      text: [`${sentence(clip(version.failure.message, 400))} (${version.failure.code})`],
    };
  const { verdict, role } = version;
  if (verdict === null) {
    const twin = twinOf(view, version);
    return twin === null
      ? { tone: 'neutral', word: 'not weighed', text: [unweighed(view, version)] }
      : { tone: 'neutral', word: 'same file', text: [`Byte for byte the same as ${twin.id}, so it was weighed once.`] };
  }
  if (role === 'chosen') return null;
  const open = verdict.gates.filter((gate) => gate.verdict !== 'pass');
  if (open.length > 0)
    return {
      tone: verdict.verdict,
      word: verdictWord[verdict.verdict],
      text: open.map((result) => `${result.verdict === 'fail' ? 'Not met' : 'Not proven'}: ${openText(result)}`),
    };
  if (verdict.dominatedBy.length > 0)
    return {
      tone: 'pass',
      word: 'dominated',
      text: [
        `Meets every condition, but ${listed(verdict.dominatedBy.map((id) => (id === baselineId ? 'the original' : id)))} ${verdict.dominatedBy.length === 1 ? 'is' : 'are'} at least as good in everything that counts and better in something.`,
      ],
    };
  return {
    tone: 'pass',
    word: 'PASS',
    text: [
      view.choice?.chosen === null || view.choice === null
        ? 'Meets every condition.'
        : 'Meets every condition and is not beaten in everything; the chosen one is better in what is preferred most.',
    ],
  };
};

/** The versions of one reason: one by its name, several counted, with their names below. */
const versionsCell = (versions: readonly Version[]): Cell =>
  versions.length === 1
    ? versionCell(versions[0]!)
    : {
        kind: 'text',
        text: plural(versions.length, 'version'),
        detail: versions.map(({ id, tag }) => (tag === '' ? id : `${tag} ${id}`)),
      };

/** (e) Why the other versions were not chosen, each reason once. */
export const excludedSection = (view: View): Block[] => {
  const reasons = new Map<string, { readonly reason: Reason; readonly versions: Version[] }>();
  for (const version of view.candidates) {
    const reason = reasonOf(view, version);
    if (reason === null) continue;
    const key = JSON.stringify(reason);
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, { reason, versions: [version] });
    else known.versions.push(version);
  }
  const rows = [...reasons.values()].map(({ reason: { tone, word, text }, versions }): Cell[] => {
    const [first = '', ...more] = text;
    return [
      versionsCell(versions),
      { kind: 'verdict', tone, text: word },
      { kind: 'text', text: first, ...(more.length === 0 ? {} : { detail: more }) },
    ];
  });
  if (rows.length === 0) return [];
  const has = (word: string): boolean => rows.some(([, cell]) => cell?.kind === 'verdict' && cell.text === word);
  return [
    {
      kind: 'heading',
      level: 2,
      text: view.choice?.chosen === null || view.choice === null ? 'Why not these versions' : 'Why not the others',
      // Where something was chosen the others are evidence; where nothing was, they are the answer.
      ...(view.subject !== null && view.choice?.chosen === view.subject.id ? { minor: true } : {}),
    },
    {
      kind: 'table',
      caption: 'Versions that are not chosen',
      columns: [
        { title: 'Version', align: 'start' },
        { title: 'Result', align: 'start' },
        { title: 'Why', align: 'start', wide: true },
      ],
      rows,
      notes: [
        ...(has('dominated')
          ? [
              'Dominated: another version is at least as good in every metric that is preferred or has a condition, and better in one.',
            ]
          : []),
        ...(has('not weighed') && view.choice !== null
          ? [
              'Not weighed: short looks only, told under “How it was searched for”. To have one weighed in full, give the run more minutes (budget), or name it under candidates.',
            ]
          : []),
      ],
    },
  ];
};
