/** The text form of a model: for tests, diffs and bug reports. Statements are separated by `;` or a line end.
 *
 *     statement  = "ir" number | "opset" [domain] number | "graph" string      header; absent: ir 8, opset 17, graph "graph"
 *                | name ":" type                                              an input
 *                | name "=" tensor                                            a weight (initializer)
 *                | [names "="] [domain "."] op "(" names ")" [attributes] ["as" string]     a node
 *                | "->" name [":" type] { "," name [":" type] }               the outputs
 *     names      = (name | "_") { "," (name | "_") }                          "_" is an omitted input or output
 *     attributes = "{" name ":" value { "," name ":" value } "}"
 *     value      = integer | float (with ".", "e", inf or nan) | string | tensor | body | "[" values "]"
 *                | ("floats" | "strings" | "tensors" | "bodies") "[" "]"      empty lists; "[" "]" alone is empty ints
 *                | "@" name                                                   a function's parameter
 *                | ("blob" | "text") string                                   base64: another kind | a string that is not UTF-8
 *     body       = "graph" [string] "{" statements "}"
 *     type       = dtype [shape] | ("seq" | "optional" | "sparse") "(" type ")" | "map" "(" dtype "," type ")" | "?"
 *     shape      = "[" [dim { "," dim }] "]"          absent: unknown rank
 *     dim        = number | name | "?"
 *     tensor     = dtype shape "{" (values | "..." [string] | "blob" string) "}"     "..." stands for weights that are not shown
 *
 *  Names of letters, digits, `_ . / $` and inner `:` stand as they are, others in JSON quotes. `#` starts a comment.
 *  Names that nothing defines become inputs of type float32 and unknown rank, after the declared ones; without a `->`
 *  statement the outputs are the values that nothing uses, in order, without a stated type.
 *  Not part of the form: doc strings, metadata, value_info, sparse weights, functions, unknown fields. */
export const defaults = { ir: 8, opset: 17, graph: 'graph', microsoft: 1 } as const;

/** Deepest nesting of bodies and lists that is read or written. */
export const maximumNesting = 32;
