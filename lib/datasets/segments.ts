// Code segments: many codes of one space in one object, float16, with the digests of their images and without
// labels, because a label may change and a code does not.

import { HeadwaterError } from '../errors/index.ts';
import { fromHex, readSafetensors, toHex, writeSafetensors } from '../tensors/index.ts';

/** Codes of one space: row i of `codes` (float16 bits, [n, dims]) belongs to `digests[i]`. */
export interface Segment {
  codeSpace: string;
  dims: number;
  digests: string[];
  codes: Uint16Array;
}

/** The same segment gives the same bytes. */
export function writeSegment({ codeSpace, dims, digests, codes }: Segment): Uint8Array<ArrayBuffer> {
  const names = new Uint8Array(digests.length * 32);
  for (const [i, digest] of digests.entries()) names.set(fromHex(digest), 32 * i);
  return writeSafetensors(
    {
      codes: { dtype: 'F16', shape: [digests.length, dims], data: codes },
      digests: { dtype: 'U8', shape: [digests.length, 32], data: names },
    },
    { format: '1', codeSpace },
  );
}

/** @throws HeadwaterError `invalid-file` when the bytes are not a segment of `codeSpace`. */
export function readSegment(bytes: Uint8Array, codeSpace: string): Segment {
  const { tensors, metadata } = readSafetensors(bytes);
  const codes = tensors.get('codes');
  const names = tensors.get('digests');
  const [n = 0, dims = 0] = codes?.shape ?? [];
  if (
    metadata.format !== '1' ||
    metadata.codeSpace !== codeSpace ||
    codes?.dtype !== 'F16' ||
    codes.shape.length !== 2 ||
    names?.dtype !== 'U8' ||
    names.shape.length !== 2 ||
    names.shape[0] !== n ||
    names.shape[1] !== 32 ||
    dims < 1
  )
    throw new HeadwaterError(
      'invalid-file',
      'A code segment in storage is not one, or is of another code space.',
    );
  const digests = Array.from({ length: n }, (_, i) =>
    toHex((names.data as Uint8Array).subarray(32 * i, 32 * (i + 1))),
  );
  return { codeSpace, dims, digests, codes: codes.data as Uint16Array };
}
