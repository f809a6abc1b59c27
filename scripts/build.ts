// `npm run build`: everything that is made from sources and not committed.

import { buildBackbone } from './build-backbone.ts';
import { buildDecoders } from './build-decoders.ts';
import { buildKernels } from './build-kernels.ts';

const kernels = await buildKernels();
const decoders = await buildDecoders();
const backbone = await buildBackbone();
const built = [...kernels, ...decoders, ...(backbone ? ['build/backbone.safetensors'] : [])];
console.log(built.length > 0 ? `built ${built.join(', ')}` : 'everything is built already');
