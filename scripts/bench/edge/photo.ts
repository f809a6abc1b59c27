// From a photo to its code as one would do it with other people's packages: @jsquash/jpeg decodes all of it,
// TensorFlow.js runs the network. The resize between them is ours, which favours the other side.

import turbo from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import file from '../../../build/backbone.safetensors';
import image from '../../../build/image.wasm';
import webp from '../../../build/webp.wasm';
import { readBackbone, resolveTap } from '../../../lib/graph/index.ts';
import type { Plan } from '../../../lib/inference/index.ts';
import { compile } from '../../../lib/inference/tfjs/compile-workerd.ts';
import { type ImagePaths, imagePaths } from '../image-paths.ts';
import { decode, init, module } from './jsquash.mjs';

let made: Promise<{ paths: ImagePaths; plan: Plan; size: number }> | undefined;

async function make() {
  await init(module);
  const { graph, card } = readBackbone(new Uint8Array(file));
  const { size } = card.recipe;
  const taps = [resolveTap(graph, card, card.defaultTap)];
  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  return { paths: imagePaths({ image, webp, turbo, decodeFully: decode }), plan, size };
}

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== 'POST') return new Response('ready');
    made ??= make();
    const { paths, plan, size } = await made;
    const { tensor } = await paths.jsquash(new Uint8Array(await request.arrayBuffer()), size);
    return new Response(plan.run(tensor)[0]! as Float32Array<ArrayBuffer>);
  },
};
