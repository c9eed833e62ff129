import { calibration } from './calibration.ts';
import { classes } from './classes.ts';
import { classification } from './classification.ts';
import { distance } from './distance.ts';
import { flips } from './flips.ts';
import { judgedAnswers } from './judged.ts';
import { outOfScope } from './out-of-scope.ts';

export { auditItems, type Audit } from './audit.ts';
export { accuracy, confusion, f1Macro, f1Weighted, matthews, tally, type Answers, type Tally } from './metrics.ts';

/** Every evaluator of what the answers are worth. */
export const quality = [classification, classes, judgedAnswers, flips, calibration, distance, outOfScope] as const;
