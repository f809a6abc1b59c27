// Codes of a folder of folders, as ImageFolder has it: every subfolder a label, every file in it an image.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Backbone,
  createCoder,
  createMemoryBudget,
  createTurnstile,
  placeOf,
} from '../../lib/codes/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compile } from '../../lib/inference/compile-node.ts';

export interface FolderCodes {
  /** [n, dims] */
  codes: Float32Array;
  dims: number;
  labels: Int32Array;
  labelNames: string[];
}

/** Makes codes of image files at a backbone's default tap in its arithmetic, one at a time. */
export async function codeMaker(backbone: Backbone): Promise<(image: Uint8Array) => Promise<Float32Array>> {
  const time = {
    clock: Date.now,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const turnstile = createTurnstile({ ...time, maxWaitMs: 60_000, maxWaiting: 1 });
  const memory = createMemoryBudget({ ...time, maxBytes: 1024 ** 3 });
  const coder = createCoder({ pipeline: await loadImagePipeline(), compile, memory, turnstile });
  const place = placeOf(backbone);
  return async (image) => (await coder.code(image, place)).code.slice();
}

/** One folder's codes after the other's, as {@link codeMaker} makes them; labels in alphabetical order. */
export async function codesOfFolders(backbone: Backbone, folders: string[]): Promise<FolderCodes[]> {
  const codeOf = await codeMaker(backbone);
  const made: FolderCodes[] = [];
  for (const folder of folders) {
    const labelNames = readdirSync(folder).sort();
    const codes: Float32Array[] = [];
    const labels: number[] = [];
    for (const [label, name] of labelNames.entries())
      for (const image of readdirSync(join(folder, name)).sort()) {
        codes.push(await codeOf(readFileSync(join(folder, name, image))));
        labels.push(label);
      }
    const dims = codes[0]?.length ?? 0;
    const joined = new Float32Array(codes.length * dims);
    codes.forEach((code, i) => {
      joined.set(code, i * dims);
    });
    made.push({ codes: joined, dims, labels: Int32Array.from(labels), labelNames });
  }
  return made;
}
