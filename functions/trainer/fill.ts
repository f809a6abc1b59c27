// Making codes that a dataset lacks, from its images, with the same pipeline and kernels as the edge. They are
// told in batches; whoever asked keeps them, so work that breaks off is not lost.

import type { BackboneLibrary, Coder } from '../../lib/codes/index.ts';
import { exampleKey, type FillRequest, type TrainerLine } from '../../lib/contract/index.ts';
import { HeadwaterError, type ProblemType, toErrorData } from '../../lib/errors/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { sha256, toBase64, toFloat16 } from '../../lib/tensors/index.ts';
import { progressTeller } from './progress-teller.ts';
import { placeOfRequest } from './request-space.ts';

/** Codes in one line: enough to keep lines few, few enough to lose little. */
const batchRows = 32;

/** Gone, or moved since it was asked for: whoever asked will know which. */
const missing = new HeadwaterError('not-found', 'The image is missing from storage.');
const notItself = new HeadwaterError('digest-mismatch', 'The image in storage is not what its digest says.');

/** What another try at the same image would meet again. */
const imageProblems = new Set<ProblemType>([
  'not-found',
  'digest-mismatch',
  'invalid-image',
  'unsupported-image',
  'image-too-large',
  'image-too-many-pixels',
  'body-too-large',
]);

export async function fill(
  request: FillRequest,
  { store, coder, backbones }: { store: ObjectStore; coder: Coder; backbones: BackboneLibrary },
  tell: (line: TrainerLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const place = await placeOfRequest(request, backbones);
  const progressed = progressTeller(tell, 'codes');
  let batch: { digest: string; code: Float32Array }[] = [];
  const flush = () => {
    if (batch.length > 0) tell(codesLine(batch));
    batch = [];
  };
  for (const [i, example] of request.examples.entries()) {
    if (signal.aborted) throw new HeadwaterError('cancelled', 'The job was given up.');
    const object = await store.get(
      exampleKey(request.dataset, example.label, example.digest, example.extension),
    );
    try {
      if (!object) throw missing;
      if ((await sha256(object.body)) !== example.digest) throw notItself;
      batch.push({ digest: example.digest, code: (await coder.code(object.body, place)).code });
    } catch (error) {
      // Only what lies in the image itself: it would otherwise be left out of every training for a passing trouble.
      if (!(error instanceof HeadwaterError && imageProblems.has(error.type))) throw error;
      tell({ type: 'skipped', digest: example.digest, error: toErrorData(error) });
    }
    if (batch.length === batchRows) flush();
    progressed((i + 1) / request.examples.length);
  }
  flush();
  tell({ type: 'filled' });
}

function codesLine(batch: { digest: string; code: Float32Array }[]): TrainerLine {
  const dims = batch[0]!.code.length;
  const codes = new Uint16Array(batch.length * dims);
  for (const [row, { code }] of batch.entries()) codes.set(toFloat16(code), row * dims);
  return {
    type: 'codes',
    digests: batch.map(({ digest }) => digest),
    dims,
    codes: toBase64(new Uint8Array(codes.buffer)),
  };
}
