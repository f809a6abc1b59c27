// `use`: makes a backbone the deployment's default. Its file goes into build/, from where the edge's bundle takes it,
// so that a cold isolate reads nothing but the head.

import { HeadwaterError } from '../../lib/errors/index.ts';
import { bundleBackbone, bundledByDefault } from '../../scripts/build-backbone.ts';
import { defaultBackbone, localBackbones } from '../../scripts/dev/backbones.ts';
import type { StateFolder } from '../../scripts/dev/state.ts';

/** @throws HeadwaterError `unknown-backbone` */
export async function use(state: StateFolder, name: string): Promise<void> {
  if (name === defaultBackbone().name) return console.log(`"${name}" is the default already.`);
  if (name === bundledByDefault) {
    await bundleBackbone(null);
  } else {
    const chosen = [...localBackbones(state)].find((backbone) => backbone.name === name);
    if (!chosen)
      throw new HeadwaterError(
        'unknown-backbone',
        `There is no backbone "${name}" on this machine. Add it: npm run backbone -- add <path or URL>.`,
      );
    await bundleBackbone(chosen);
  }
  const { arithmetic } = defaultBackbone();
  console.log(`"${name}" is the default now, its codes made in ${arithmetic}: what is taught and trained without naming a backbone uses it.
Heads keep the backbone that they were trained on. Images taught so far get their codes on the new one when a
training first needs them. A running "npm start" takes it up within seconds; a deployment with its next "wrangler deploy".`);
}
