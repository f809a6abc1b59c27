// Manifest → a head that may answer. Nothing is believed: digest, shapes, labels, code space, golden logits, and what a
// tail makes of its golden map are checked before it takes over from its predecessor.

import type { BackboneLibrary, CodePlace, Coder } from '../../lib/codes/index.ts';
import { codeSpaceDigest, type Manifest } from '../../lib/contract/index.ts';
import { HeadwaterError, type ProblemType } from '../../lib/errors/index.ts';
import { checkGoldens, type Head, readHead, temperatureOf } from '../../lib/heads/index.ts';
import { readBlob } from '../../lib/registry/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { type TailParts, withTail } from './load-tail.ts';

/** What reading a blob that somebody has overwritten may meet. */
const damage = new Set<ProblemType>(['digest-mismatch', 'invalid-file']);

export interface LoadedHead {
  head: Head;
  /** Where its codes are made. */
  place: CodePlace;
  confidence: Manifest['confidence'];
}

/** @throws HeadwaterError `head-refused`, `code-space-unavailable`; with a tail `backbone-too-large`, `overloaded` */
export async function loadHead(
  manifest: Manifest,
  store: ObjectStore,
  backbones: Pick<BackboneLibrary, 'placeAt'>,
  coder: Pick<Coder, 'proveTail'>,
): Promise<LoadedHead> {
  const refuse = (why: string, cause?: unknown) =>
    new HeadwaterError(
      'head-refused',
      `Version ${manifest.version} of "${manifest.head}" is refused: ${why}. Promote another version, or train again.`,
      {},
      { cause },
    );
  const head = await readWeights(manifest, store, refuse);
  if (head.codeSpace !== manifest.codeSpace || temperatureOf(head.calibration) !== manifest.temperature)
    throw refuse('its weights are of another code space or temperature than its manifest states');
  if (head.calibration.method !== manifest.calibration)
    throw refuse('its weights are calibrated in another way than its manifest states');
  const { method, threshold } = head.openSet ?? {};
  if (method !== manifest.openSet?.method || threshold !== manifest.openSet?.threshold)
    throw refuse('its open set is not the one that its manifest states');
  if (head.kind !== manifest.kind || head.backbone !== manifest.backbone.digest)
    throw refuse('its weights are of another kind or backbone than its manifest states');
  if (head.dims !== manifest.dims || JSON.stringify(head.labels) !== JSON.stringify(manifest.labels))
    throw refuse('its weights are not of the shape or the labels that its manifest states');
  checkGoldens(head, manifest.goldens);
  const place = await placeOfManifest(manifest, backbones, { store, coder, refuse });
  return { head, place, confidence: manifest.confidence };
}

/** A damaged blob is no fault of whoever sent an image: it is told as a refused head. */
async function readWeights(
  manifest: Manifest,
  store: ObjectStore,
  refuse: (why: string, cause: unknown) => HeadwaterError,
): Promise<Head> {
  try {
    return readHead(await readBlob(store, manifest.head, manifest.blob.digest));
  } catch (error) {
    if (error instanceof HeadwaterError && damage.has(error.type))
      throw refuse('its weights in storage are not the ones that were published', error);
    throw error;
  }
}

/** Where its codes are made, its tail proved. Errors as {@link loadHead} and {@link withTail}. */
async function placeOfManifest(
  manifest: Manifest,
  backbones: Pick<BackboneLibrary, 'placeAt'>,
  parts: TailParts,
): Promise<CodePlace> {
  const { head, version, backbone, codeSpace, codeSpaceDocument, tail } = manifest;
  const unavailable = (why: string, cause?: unknown) =>
    new HeadwaterError(
      'code-space-unavailable',
      `Version ${version} of "${head}" cannot answer: ${why} Its images are kept: train the head again with POST /v1/heads/${encodeURIComponent(head)}/trainings.`,
      { head, version },
      { cause },
    );
  if (
    (await codeSpaceDigest(codeSpaceDocument)) !== codeSpace ||
    codeSpaceDocument.backbone !== backbone.digest
  )
    throw unavailable('its manifest describes another code space than it names.');
  try {
    const place = await backbones.placeAt(backbone.name, codeSpaceDocument, 'serve');
    return tail ? await withTail(place, manifest, tail, parts) : place;
  } catch (error) {
    if (error instanceof HeadwaterError && error.type === 'code-space-unavailable')
      throw unavailable(error.message, error);
    throw error;
  }
}
