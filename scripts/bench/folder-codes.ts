// Codes of a folder of folders, as ImageFolder has it: every subfolder a label, every file in it an image.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createCoder,
  createMemoryBudget,
  createTurnstile,
  parseBackbone,
  placeOf,
} from '../../lib/codes/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import { sha256 } from '../../lib/tensors/index.ts';

export interface FolderCodes {
  /** [n, dims] */
  codes: Float32Array;
  dims: number;
  labels: Int32Array;
  labelNames: string[];
}

/** Makes codes of image files at the default tap of a backbone's file, one at a time. */
export async function codeMaker(backboneFile: string): Promise<(image: Uint8Array) => Promise<Float32Array>> {
  const file = readFileSync(backboneFile);
  const backbone = parseBackbone(file, 'bench', await sha256(file));
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

/** One folder's codes after the other's, at the default tap of a backbone's file; labels in alphabetical order. */
export async function codesOfFolders(backboneFile: string, folders: string[]): Promise<FolderCodes[]> {
  const codeOf = await codeMaker(backboneFile);
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
