export type { Axis, Block, Cell, Column, Role, Scatter, Span, Tone } from './blocks.ts';
export { buildReport, summarize } from './build.ts';
export { toHtml } from './render/html.ts';
export { toJson } from './render/json.ts';
export { toMarkdown } from './render/markdown.ts';
export { toTerminal, type TerminalSettings } from './render/terminal.ts';
