import type { ChoiceRecord, Verdict } from '../../contracts/index.ts';
import type { Decision } from '../../decide/index.ts';

type Confirmation = ChoiceRecord['confirmation'];

/** A decision after its checks on held-back data. */
export interface Settled {
  readonly decision: Decision;
  /** Of the chosen version; null: nothing was checked. */
  readonly confirmation: Confirmation;
  readonly plannedChecks: number;
  readonly checks: readonly { readonly id: string; readonly verdict: Verdict }[];
}

/** Most versions that are checked on held-back data. */
const mostChecks = 3;

/** Check the best version on held-back data; where it does not hold there, the next best takes its place, and so on. How many may be checked is fixed
 *  before the first check, and each has that part of the error rate (Bonferroni): that any version is confirmed which does not hold is as unlikely
 *  as with a single check. Where none is confirmed, the original stays if it meets the conditions; otherwise the first stands, unconfirmed. The
 *  original needs no check: nothing about it was selected.
 *  `decideWithout` decides again without some versions; `check` tests one at a confidence (null: it has nothing to test). */
export const settle = async (
  decideWithout: (except: ReadonlySet<string>) => Decision,
  original: string,
  confidence: number,
  check: (id: string, confidence: number) => Promise<Confirmation>,
): Promise<Settled> => {
  const first = decideWithout(new Set());
  const plannedChecks = Math.min(mostChecks, first.candidates.filter(({ verdict }) => verdict === 'pass').length);
  const checks: { id: string; verdict: Verdict }[] = [];
  const reasons: string[] = [];
  let firstConfirmation: Confirmation = null;
  for (let decision = first; ; decision = decideWithout(new Set(checks.map(({ id }) => id)))) {
    const { chosen } = decision;
    const told = { ...decision, why: [...reasons, ...decision.why] };
    if (chosen === original || (chosen === null && checks.length === 0))
      return { decision: told, confirmation: null, plannedChecks, checks };
    if (chosen === null || checks.length === plannedChecks) {
      const none = decideWithout(new Set(first.candidates.map(({ id }) => id)));
      if (none.chosen === original)
        return { decision: { ...none, why: [...reasons, ...none.why] }, confirmation: null, plannedChecks, checks };
      const why = [...first.why, ...(checks.length > 1 ? reasons : [])];
      return { decision: { ...first, why }, confirmation: firstConfirmation, plannedChecks, checks };
    }
    const confirmation = await check(chosen, 1 - (1 - confidence) / plannedChecks);
    if (confirmation === null) return { decision: told, confirmation, plannedChecks, checks };
    if (checks.length === 0) firstConfirmation = confirmation;
    checks.push({ id: chosen, verdict: confirmation.verdict });
    if (confirmation.verdict === 'pass') return { decision: told, confirmation, plannedChecks, checks };
    const missed = confirmation.gates.filter(({ verdict }) => verdict !== 'pass').map(({ reason }) => reason);
    reasons.push(
      `${chosen} was preferred and is not confirmed on held-back data (check ${checks.length} of at most ${plannedChecks}): ${missed.length === 0 ? 'it could not be measured there' : missed.join('; ')}`,
    );
  }
};
