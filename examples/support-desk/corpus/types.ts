/** Parts of sentences about one intent, to stand in frames. */
export interface Phrases {
  /** What the customer wants, as an infinitive: "return the {item}". */
  readonly wants: readonly string[];
  /** What the customer tells, as a statement: "my refund has not arrived". */
  readonly facts: readonly string[];
  /** The facts are good news: nobody asks why or what can be done. */
  readonly glad?: true;
}

/** Everything that can be said for one intent. A template is a sentence or two with `{slot}` places and `[one|another|]` choices.
 *  No template of one list occurs in another: what a model has not seen in training it has to understand. */
export interface Intent {
  readonly id: string;
  /** How often customers write about it, relative to the others. */
  readonly weight: number;
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** For the `uncommon` split: street language, and the language of offices and trades. */
  readonly slang: readonly string[];
  readonly jargon: readonly string[];
  /** The topic as an aside in a message about something else; used where another intent is the answer. */
  readonly aside: { readonly train: readonly string[]; readonly test: readonly string[] };
}
