// Measures what photographs look like inside the default backbone and writes scripts/default-reference.json, which is
// committed. Run it when the default backbone, or the places where statistics are compared, have changed.
//
//   node scripts/reference-default.ts        photographs of ../shared/data; half a minute

import { resolve } from 'node:path';
import { photosIn } from '../cli/backbone/photos.ts';
import { measureReference } from '../cli/backbone/reference.ts';
import { ownBackbone } from './build-backbone.ts';
import { writeDefaultReference } from './default-reference.ts';
import { root } from './dev/configs.ts';

const photos = photosIn(resolve(root, '../shared/data/cats-dogs/train'));
const own = await ownBackbone();
const measured = await measureReference(own, photos, (count) => `${count} photographs of cats and dogs`);
console.log(`wrote ${writeDefaultReference(measured!)}`);
