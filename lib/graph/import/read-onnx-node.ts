// An ONNX model on disk: the .onnx file and the files beside it that it keeps weights in. Node only.

import { decodeModel } from './onnx-schema.ts';
import { type ExternalFiles, externalNames } from './onnx-tensors.ts';
import { readBeside, readModelFile } from './read-file-node.ts';

/** A model's bytes, and those of the files that it refers to, by the names that it calls them. */
export interface OnnxFiles {
  bytes: Uint8Array;
  external: ExternalFiles;
}

/**
 * Reads an .onnx file.
 *
 * @throws HeadwaterError `not-found` for a missing file; `invalid-file` for one that is no ONNX, or a reference that
 * leads out of the model's folder
 *
 * @example const { bytes, external } = await readOnnx('net.onnx'); importOnnx(bytes, { external })
 */
export async function readOnnx(path: string): Promise<OnnxFiles> {
  const bytes = await readModelFile(path);
  const external = new Map<string, Uint8Array>();
  for (const name of externalNames(decodeModel(bytes).graph))
    external.set(name, await readBeside(path, name));
  return { bytes, external };
}
