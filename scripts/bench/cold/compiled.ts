// The same plan, compiled out of the backbone's file when the first request comes.

import note from '../../../build/backbone.json';
import quantisation from '../../../build/backbone.quantisation.safetensors';
import file from '../../../build/backbone.safetensors';
import { readQuantisation } from '../../../lib/codes/quantisation-file.ts';
import { readBackbone } from '../../../lib/graph/index.ts';
import { compile } from '../../../lib/inference/compile-workerd.ts';
import type { ArithmeticKind } from '../../../lib/inference/index.ts';
import { answer } from './answer.ts';

export default answer(async () => {
  const { graph, card } = readBackbone(new Uint8Array(file));
  const tap = graph.taps[card.defaultTap]!;
  const arithmetic = note.arithmetic as ArithmeticKind;
  const ranges =
    arithmetic === 'float32' ? undefined : readQuantisation(new Uint8Array(quantisation), note.quantisation!);
  const options = { size: card.recipe.size, taps: [tap], arithmetic, quantisation: ranges };
  const plan = await compile(graph, options);
  return (picture) => plan.run(picture)[0]!;
});
