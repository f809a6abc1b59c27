// Where a fine-tuned version's tail is run: its program, out of the bucket whenever there is no plan of it. The digest
// of the program stands in the signed manifest and is checked on every fetch.

import { blobKey, type TailDocument } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { type Program, readProgram } from '../inference/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import { kernelOf } from './arithmetic.ts';

export interface TailPlace {
  /** Whose it is, for the words of an error. */
  head: string;
  /** Tells one tail from another: the digest of its program. */
  key: string;
  /** Of the map that it reads, [h, w, c]. */
  inputShape: TailDocument['inputShape'];
  /** What its plan takes. */
  memoryBytes: number;
  /** What its program takes while it is fetched. */
  programBytes: number;
  kernel: string;
  /** @throws HeadwaterError `head-refused` if it is gone or not what was published; `storage-unavailable` */
  program(): Promise<Program>;
}

/**
 * The place of a version's tail.
 *
 * @throws HeadwaterError `code-space-unavailable` if its program is written for kernels that this release does not have
 */
export function tailPlaceOf(head: string, tail: TailDocument, store: ObjectStore): TailPlace {
  const { arithmetic, kernel, inputShape, memoryBytes, program } = tail;
  if (kernel !== kernelOf(arithmetic))
    throw new HeadwaterError(
      'code-space-unavailable',
      `Its tail is written for the kernels "${kernel}", which this release does not have.`,
    );
  return {
    head,
    key: program.digest,
    inputShape,
    memoryBytes,
    programBytes: program.bytes,
    kernel,
    async program() {
      const found = readOrRefuse(head, await fetchBlob(store, head, program));
      if (found.arithmetic !== arithmetic || found.memoryBytes !== memoryBytes)
        throw tailRefused(head, 'is of another size or arithmetic than its manifest states');
      if (String(found.inputShape) !== String(inputShape))
        throw tailRefused(head, 'reads another map than its manifest states');
      return found;
    },
  };
}

/** The blob, looked at before it is fetched: room was made for so many bytes and no more. */
async function fetchBlob(
  store: ObjectStore,
  head: string,
  { digest, bytes }: TailDocument['program'],
): Promise<Uint8Array> {
  const key = blobKey(head, digest);
  const there = await store.head(key);
  if (there && there.size !== bytes) throw tailRefused(head, 'in storage is not the one that was published');
  const object = there && (await store.get(key));
  if (!object) throw tailRefused(head, 'is missing from storage');
  if ((await sha256(object.body)) !== digest)
    throw tailRefused(head, 'in storage is not the one that was published');
  return object.body;
}

function readOrRefuse(head: string, bytes: Uint8Array): Program {
  try {
    return readProgram(bytes);
  } catch (error) {
    throw tailRefused(head, 'is damaged', error);
  }
}

/** What is wrong with a tail is no fault of whoever sent an image. */
export const tailRefused = (head: string, why: string, cause?: unknown) =>
  new HeadwaterError(
    'head-refused',
    `The tail of "${head}" ${why}. Promote another version, or train again.`,
    {},
    { cause },
  );
