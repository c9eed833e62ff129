/** How large the data set is and how hard. Change a number, run `node dist/examples/support-desk/generate.js`, and commit the result. */

export const seed = 20260;

/** Messages per split. */
export const sizes = { train: 6000, validation: 1000, test: 2000, uncommon: 600 } as const;
export type Split = keyof typeof sizes;

/** Share of each style. They add up to 1. */
export const styles = { casual: 0.45, formal: 0.3, learner: 0.25 } as const;
export type Style = keyof typeof styles;

/** Of the training messages, this share carries the label of another intent, as annotators do. Only training: never where quality is measured. */
export const labelNoise = 0.02;

/** Share of messages that also mention another intent's topic. */
export const asideShare = 0.15;

/** Of the asides in test and uncommon, this share is new. */
export const unseenAsides = 0.35;

/** Share of validation messages whose template is not in training. Test messages: all of them. */
export const unseenTemplates = 0.5;

/** Share of messages made of a frame and parts of sentences; the others follow whole templates.
 *  No frame and no template of training occurs in test. */
export const framed: Readonly<Record<Split, number>> = { train: 0.55, validation: 0.5, test: 0.82, uncommon: 0.6 };

/** The last of the parts of each intent, this share, are kept for test. */
export const reservedParts = 0.2;

/** Share of parts in framed test messages that come from the reserved ones. */
export const unseenParts = 0.1;

/** Share of slot fillings in test and uncommon that training never shows. */
export const unseenValues = 0.15;

/** Chance that a message has typing errors; a message that has, has one or two. */
export const typos: Readonly<Record<Style, number>> = { casual: 0.25, formal: 0.05, learner: 0.22 };

/** Chance that one rule of a style changes a message where it could. */
export const styleStrength = 0.55;

/** Chance of a second sentence about the same intent. */
export const supportShare = 0.35;

/** Chance of a neutral sentence that helps nobody: "I have been a customer since 2015." */
export const detailShare = 0.25;
