// Examples, codes and the way they take when they are taught, for the tests of this folder.

import { type ExampleRow, exampleKey, segmentKey, type TaughtCode } from '../../contract/index.ts';
import type { ObjectStore } from '../../storage/index.ts';
import { sha256, toFloat16 } from '../../tensors/index.ts';
import { type ExampleIndex, exampleMetadata, splitOf, writeSegment } from '../index.ts';

export const spaceA = 'a'.repeat(64);
export const spaceB = 'b'.repeat(64);

/** The digest of the n-th image: spread like real ones, the same every time. */
export const digestOf = (n: number) => sha256(`image ${n}`);

/** The n-th ULID. */
export const ulidOf = (n: number) => `01${String(n).padStart(24, '0')}`;

export async function example(n: number, changes: Partial<ExampleRow> = {}): Promise<ExampleRow> {
  const digest = await digestOf(n);
  const group = changes.group ?? null;
  return {
    digest,
    label: 'ants',
    extension: 'jpg',
    bytes: imageBytes(n).length,
    group,
    subject: null,
    split: await splitOf({ digest, group }, 0.2),
    uploaded: 1_700_000_000_000 + n,
    ...changes,
  };
}

/** A code that tells its image by its first number. */
export const codeOf = (n: number, codeSpace = spaceA, dims = 3): TaughtCode => ({
  codeSpace,
  dims,
  code: new Uint8Array(toFloat16(Array.from({ length: dims }, (_, i) => n + i)).buffer),
});

export const imageBytes = (n: number) => new TextEncoder().encode(`bytes of image ${n}`);

/** Puts an example's object under its key, with the metadata that the edge gives it. */
export async function store(bucket: ObjectStore, dataset: string, n: number, row: ExampleRow) {
  await bucket.put(exampleKey(dataset, row.label, row.digest, row.extension), imageBytes(n), {
    metadata: {
      [exampleMetadata.uploaded]: String(row.uploaded),
      ...(row.group !== null && { [exampleMetadata.group]: row.group }),
      ...(row.subject !== null && { [exampleMetadata.subject]: row.subject }),
    },
  });
}

/** Writes the pending codes of every space to segments in the bucket, `rows` at a time. */
export async function flush(
  bucket: ObjectStore,
  dataset: string,
  index: ExampleIndex,
  nextUlid: () => string,
  rows = 512,
) {
  for (const { space } of index.pendingSpaces())
    for (
      let batch = index.pendingCodes(space, rows);
      batch.length > 0;
      batch = index.pendingCodes(space, rows)
    ) {
      const dims = batch[0]!.dims;
      const codes = new Uint16Array(batch.length * dims);
      for (const [i, { code }] of batch.entries()) codes.set(new Uint16Array(code.slice().buffer), i * dims);
      const digests = batch.map(({ digest }) => digest);
      const bytes = writeSegment({ codeSpace: space, dims, digests, codes });
      const ulid = nextUlid();
      await bucket.put(segmentKey(dataset, space, ulid), bytes);
      index.addSegment(space, ulid, await sha256(bytes), digests);
    }
}
