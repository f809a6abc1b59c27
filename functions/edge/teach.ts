// Teaching: an image becomes a code at once, then an object, then a row in the coordinator; only then is it
// acknowledged. A crash in between leaves an object that nobody was told of, and no harm.

import { namedCodeSpace, placeOf } from '../../lib/codes/index.ts';
import { exampleKey, type TeachOutcome, unwrap } from '../../lib/contract/index.ts';
import { exampleMetadata } from '../../lib/datasets/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { sha256, toFloat16 } from '../../lib/tensors/index.ts';
import type { Services } from './services.ts';

/** An upload can meet the deletion of the same image; then it is made again. */
const maxUploads = 3;

export interface Taught extends TeachOutcome {
  digest: string;
}

/**
 * Codes, stores and hands over one image; acknowledged means durable.
 *
 * @throws HeadwaterError for an image that is none or too large, `overloaded`, `conflict`
 */
export async function teach(
  { store, control, coder, backbones }: Services,
  dataset: string,
  label: string,
  bytes: Uint8Array,
  tags: { group?: string; subject?: string },
): Promise<Taught> {
  const backbone = await backbones.byName();
  const place = placeOf(backbone);
  const { code, info } = await coder.code(bytes, place);
  const { digest: codeSpace } = await namedCodeSpace(backbone, place.taps);
  const digest = await sha256(bytes);
  // An image that is sent again without its tags keeps those that it has: they decide its split and its erasure.
  const before = unwrap(await control.example(dataset, digest));
  const group = tags.group ?? before?.group ?? null;
  const subject = tags.subject ?? before?.subject ?? null;
  const uploaded = Date.now();
  const metadata: Record<string, string> = { [exampleMetadata.uploaded]: String(uploaded) };
  if (group) metadata[exampleMetadata.group] = group;
  if (subject) metadata[exampleMetadata.subject] = subject;
  const key = exampleKey(dataset, label, digest, info.extension);
  const codes = [{ codeSpace, dims: code.length, code: new Uint8Array(toFloat16(code).buffer) }];
  for (let attempt = 0; attempt < maxUploads; attempt++) {
    await store.put(key, bytes, { contentType: info.contentType, metadata });
    const example = {
      digest,
      label,
      extension: info.extension,
      bytes: bytes.length,
      group,
      subject,
      uploaded,
    };
    const outcome = unwrap(await control.teach(dataset, example, codes));
    if (!outcome.gone) return { ...outcome, digest };
  }
  throw new HeadwaterError('conflict', 'This image is being deleted at the same time. Upload it again.');
}
