export type Json = Readonly<Record<string, unknown>>;

/** Old id → new id, of the tokens that stay. */
export type NewIds = ReadonlyMap<number, number>;

/** The part of tokenizer.json that splits words into tokens. */
export interface TokenModel {
  readonly kind: 'WordPiece' | 'BPE' | 'Unigram' | 'WordLevel';
  readonly ids: ReadonlyMap<string, number>;
  readonly unknown: number | null;
  /** Tokens without which texts of kept tokens would be read differently, or not at all, whatever else is kept: the unknown
   *  token, the pieces that stand for bytes. */
  readonly always: readonly number[];
  /** The tokens that a token is built from on its way; none where it is found at once. */
  path(token: string): readonly number[];
  /** The one character that a token stands for; null for longer ones. */
  character(token: string): string | null;
  /** Whether the text of a token can be read without any unknown part when only `kept` tokens are there. */
  reads(token: string, kept: (token: string) => boolean): boolean;
  /** The token as a person would write it. */
  text(token: string): string;
  /** The model part with only the tokens that stay, under their new ids. */
  rewrite(ids: NewIds): Json;
}
