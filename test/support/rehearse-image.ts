// The steps of a Dockerfile in folders of their own, where no Docker engine runs: each stage is a folder, COPY copies, RUN
// runs. What needs root (packages of the system) is left out and told.

import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { copiesOf, type Stage } from './dockerfile.ts';

export interface Rehearsal {
  /** The folder of everything, to be removed. */
  folder: string;
  /** Of the last stage's WORKDIR. */
  app: string;
  /** Steps that could not be done here. */
  left: string[];
}

export function rehearse(root: string, stages: readonly Stage[], log: (step: string) => void): Rehearsal {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-image-'));
  const left: string[] = [];
  for (const stage of stages) {
    const place = (path: string) =>
      join(folder, stage.name, path.startsWith('/') ? path : join(workdir, path));
    let workdir = '/';
    for (const step of stage.steps) {
      const { instruction, text } = step;
      log(`${stage.name}: ${instruction} ${text}`);
      if (instruction === 'WORKDIR') {
        workdir = text;
        mkdirSync(place('.'), { recursive: true });
      } else if (instruction === 'COPY') {
        const [{ from, sources, target }] = copiesOf({ ...stage, steps: [step] }) as [
          ReturnType<typeof copiesOf>[number],
        ];
        for (const source of sources) copy(from ? join(folder, from) : root, source, place(target));
      } else if (instruction === 'RUN') {
        if (text.startsWith('apt-get')) left.push(text);
        else execFileSync('sh', ['-c', text], { cwd: place('.'), stdio: ['ignore', 'ignore', 'inherit'] });
      }
    }
  }
  const last = stages.at(-1)!;
  const workdir = last.steps.find(({ instruction }) => instruction === 'WORKDIR')!.text;
  return { folder, app: join(folder, last.name, workdir), left };
}

/** As COPY: what a folder holds goes into the target; files go into a target that ends with `/`. */
function copy(root: string, source: string, target: string): void {
  for (const path of globSync(join(root, source))) {
    const inside = target.endsWith('/') || target.endsWith('/.');
    cpSync(path, inside ? join(target, basename(path)) : target, { recursive: true });
  }
}
