// TensorFlow.js's kernels on the same graph, which its backend is started for by the first request.

import file from '../../../build/backbone.safetensors';
import { readBackbone } from '../../../lib/graph/index.ts';
import { compile } from '../../../lib/inference/tfjs/compile-workerd.ts';
import { answer } from './answer.ts';

export default answer(async () => {
  const { graph, card } = readBackbone(new Uint8Array(file));
  const taps = [graph.taps[card.defaultTap]!];
  const plan = await compile(graph, { size: card.recipe.size, taps, arithmetic: 'float32' });
  return (picture) => plan.run(picture)[0]!;
});
