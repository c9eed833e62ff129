import type { Digest, StoreRecord } from '../../contracts/index.ts';

/** Kinds of records that a cache holds. */
export const sharedKinds = ['build', 'step', 'predict', 'measure'] as const;
export type SharedKind = (typeof sharedKinds)[number];

const digestsOf = (files: readonly { readonly digest: Digest }[] = []): readonly Digest[] =>
  files.map(({ digest }) => digest);

/** The artifacts that a record names. */
export const artifactsOf = (record: StoreRecord): readonly Digest[] => {
  switch (record.kind) {
    case 'build':
      return record.outcome.kind === 'built'
        ? [...digestsOf(record.outcome.files), ...digestsOf(record.outcome.companions)]
        : [];
    case 'step':
      return [...digestsOf(record.files), ...digestsOf(record.companions)];
    case 'predict':
      return [record.artifact];
    default:
      return [];
  }
};

/** Whether other runs may use a record. Never what was timed or weighed in memory: a number from another hour is no measurement of this one.
 *  Never a fault of the moment (a process that died): only what follows from the model, the options and the data. Not a version made
 *  elsewhere: its key does not say what it was compared on. */
export const shareable = (record: StoreRecord): record is Extract<StoreRecord, { kind: SharedKind }> => {
  switch (record.kind) {
    case 'build':
      return (
        record.chain.steps.length > 0 &&
        (record.outcome.kind !== 'failed' || record.outcome.code.startsWith('optimize/'))
      );
    case 'step':
    case 'predict':
      return true;
    case 'measure':
      return record.timeless === true && Object.values(record.outcomes).every(({ kind }) => kind === 'measured');
    default:
      return false;
  }
};
