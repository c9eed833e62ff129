export interface Instruction {
  readonly name: string;
  /** Everything behind the name, continued lines joined. */
  readonly text: string;
}

/** The instructions of a Dockerfile, without comments. Source: Dockerfile reference, "Format". */
export const instructionsOf = (dockerfile: string): readonly Instruction[] =>
  dockerfile
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name, text] = /^\s*(\w+)\s+(.*\S)\s*$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`no instruction: ${line}`);
      return { name: name.toUpperCase(), text: text! };
    });

/** What the shell gets of a RUN instruction: without options like --mount=…. */
export const shellOf = ({ text }: Instruction): string => text.replace(/^(--[\w-]+=\S+\s+)+/, '');
