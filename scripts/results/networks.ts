// The backbones that the results are measured on, each in the arithmetic that it would serve in.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { photosIn } from '../../cli/backbone/photos.ts';
import { presets } from '../../cli/backbone/recipe-options.ts';
import { measureReference } from '../../cli/backbone/reference.ts';
import { importFrom } from '../../cli/backbone/source.ts';
import {
  makeBackbone,
  type ParsedBackbone,
  parseBackbone,
  type ReferenceStatistics,
  readReferenceFile,
} from '../../lib/codes/index.ts';
import { compilePlain } from '../../lib/inference/compile-node.ts';
import { defaultBackbone, parsedBackbone } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';

/** Beside the repository. */
const files: Record<string, string> = {
  'mobilenet-v1-imagenet': 'mobilenet-v1-imagenet',
  'mobilenet-v2-1.0': 'mobilenet-v2-1.0-imagenet-onnx-derived',
  'mobilenet-v1-0.25-128': 'mobilenet-v1-0.25-128-imagenet-onnx-derived',
};

/** Reference of networks whose batch-norm was folded away. */
const photographs = join(root, '../shared/data/cats-dogs/train');
const named = (count: number) => `${count} photographs of cats and dogs`;

export interface Network {
  backbone: ParsedBackbone;
  /** What photographs look like in it; null where its own batch-norm knows. */
  reference: ReferenceStatistics | null;
}

/** A backbone by its name; undefined where its file is not on this machine. */
export async function network(name: string): Promise<Network | undefined> {
  if (name === 'default') {
    const file = defaultBackbone();
    const reference = file.reference ? readReferenceFile(file.reference.file) : null;
    return { backbone: parsedBackbone(file), reference };
  }
  const source = join(root, '../shared/backbones', files[name]!);
  if (!existsSync(source)) return undefined;
  const { graph, recipe } = await importFrom(source, presets['imagenet-tf']);
  const facts = { name, title: name, licence: 'unknown', origin: 'results', recipe };
  const { file, digest } = await makeBackbone(graph, facts, compilePlain);
  const reference = await measureReference({ name, digest, file }, photosIn(photographs), named);
  return { backbone: parseBackbone(file, name, digest), reference };
}
