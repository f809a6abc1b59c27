// A Dockerfile as stages of steps: enough of its syntax for ours, to check it and to rehearse it without Docker.

export interface Step {
  instruction: string;
  /** The rest of the line, continuations joined. */
  text: string;
}

export interface Stage {
  base: string;
  name: string;
  steps: Step[];
}

/** @throws Error for an instruction before the first FROM, or an unnamed stage */
export function parseDockerfile(source: string): Stage[] {
  const lines = source
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim());
  const stages: Stage[] = [];
  for (const line of lines) {
    const [instruction = '', ...rest] = line.trim().split(/\s+/);
    const text = line.trim().slice(instruction.length).trim();
    if (instruction === 'FROM') {
      const [base, as, name] = rest;
      if (!base || as !== 'AS' || !name) throw new Error(`Not "FROM image AS name": ${line}`);
      stages.push({ base, name, steps: [] });
    } else if (stages.length === 0) throw new Error(`Before FROM: ${line}`);
    else stages.at(-1)!.steps.push({ instruction, text });
  }
  return stages;
}

export interface Copy {
  /** The stage that it copies from; undefined: the repository. */
  from?: string | undefined;
  sources: string[];
  target: string;
}

export function copiesOf(stage: Stage): Copy[] {
  return stage.steps
    .filter(({ instruction }) => instruction === 'COPY')
    .map(({ text }) => {
      const words = text.split(/\s+/);
      const from = /^--from=(.*)$/.exec(words[0]!)?.[1];
      const paths = from ? words.slice(1) : words;
      return { from, sources: paths.slice(0, -1), target: paths.at(-1)! };
    });
}
