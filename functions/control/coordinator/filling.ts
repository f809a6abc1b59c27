// Having the trainer make codes that a dataset lacks, and keeping each batch as it arrives.

import type { FillRequest, Job, TrainerLine } from '../../../lib/contract/index.ts';
import type { ExampleIndex } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { fromBase64 } from '../../../lib/tensors/index.ts';
import { type CodeKeeper, segmentRows } from './code-keeper.ts';
import type { TrainerClient } from './trainer-client.ts';

export interface FillingDeps {
  dataset: string;
  index: ExampleIndex;
  codes: CodeKeeper;
  trainer: TrainerClient;
}

/** Lines of a fill, each one kept before it is handed on; ends without a last line if the job was stopped. */
export async function* fillCodes(
  job: Job,
  { dataset, index, codes, trainer }: FillingDeps,
  signal: AbortSignal,
): AsyncGenerator<TrainerLine> {
  const examples = index
    .uncoded(job.codeSpace)
    .map(({ digest, label, extension }) => ({ digest, label, extension }));
  const request: FillRequest = {
    job: job.id,
    epoch: job.epoch,
    pass: job.fills,
    dataset,
    backbone: job.backbone,
    codeSpace: job.codeSpace,
    codeSpaceDocument: job.codeSpaceDocument,
    examples,
  };
  const asked = new Map(examples.map((example) => [example.digest, example]));
  /** Whether an image still is where the trainer looked for it; one that was moved is asked for again. */
  const stands = (digest: string) => {
    const row = index.find(digest);
    return row?.label === asked.get(digest)?.label && row?.extension === asked.get(digest)?.extension;
  };
  for await (const line of trainer.lines('/v1/fills', request, signal)) {
    // What was on its way when the job was stopped.
    if (signal.aborted) return;
    if (line.type === 'codes') keepCodes(index, job.codeSpace, line);
    if (line.type === 'skipped' && stands(line.digest))
      index.markUnreadable(job.codeSpace, line.digest, line.error.detail);
    yield line;
    if (line.type !== 'codes') continue;
    const pending = index.pendingSpaces().find(({ space }) => space === job.codeSpace);
    if ((pending?.n ?? 0) >= segmentRows) await codes.flush(job.codeSpace);
  }
}

function keepCodes(
  index: ExampleIndex,
  codeSpace: string,
  line: Extract<TrainerLine, { type: 'codes' }>,
): void {
  const bytes = fromBase64(line.codes);
  const rowBytes = 2 * line.dims;
  if (bytes.length !== rowBytes * line.digests.length)
    throw new HeadwaterError(
      'trainer-failed',
      'The trainer sent codes whose length does not fit their number.',
    );
  for (const [row, digest] of line.digests.entries())
    if (index.find(digest)) {
      const code = bytes.slice(row * rowBytes, (row + 1) * rowBytes);
      index.putPendingCode(digest, { codeSpace, dims: line.dims, code });
    }
}
