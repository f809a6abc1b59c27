// Putting a backbone into the bucket: the files under their digests first, then the name that points at them.

import {
  type AllFigures,
  backboneKey,
  type CurrentBackbone,
  CurrentBackboneSchema,
  canonicalJson,
  currentBackboneKey,
  quantisationKey,
  referenceKey,
} from '../contract/index.ts';
import type { ArithmeticKind } from '../inference/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { toJson } from '../tensors/index.ts';
import { parseCurrent } from './current-backbone.ts';

export interface BackboneFile {
  name: string;
  digest: string;
  file: Uint8Array;
  /** In which its codes are made; float32 if left out. */
  arithmetic?: ArithmeticKind;
  /** With an integer arithmetic. */
  quantisation?: { digest: string; file: Uint8Array };
  /** Statistics of a named set of pictures, where its batch-norm has none of the original data. */
  reference?: { digest: string; file: Uint8Array };
  /** What was measured when the arithmetic was chosen. */
  figures?: AllFigures;
}

/** Stores a backbone and makes its name stand for this file in this arithmetic. `at` is an ISO time. */
export async function publishBackbone(store: ObjectStore, backbone: BackboneFile, at: string): Promise<void> {
  const { name } = backbone;
  await putBackboneFiles(store, backbone);
  const there = await store.get(currentBackboneKey(name));
  const known = there && parseCurrent(there.body);
  const current = currentOf(backbone, at);
  // The time alone is no reason to write: every start comes by here.
  if (known && canonicalJson({ ...known, updated: at }) === canonicalJson(current)) return;
  await store.put(currentBackboneKey(name), toJson(current), { contentType: 'application/json' });
}

/** Stores a backbone's files under their digests, where nobody looks for them yet. */
export async function putBackboneFiles(store: FileStore, backbone: BackboneFile): Promise<void> {
  const { name, digest, file, quantisation, reference } = backbone;
  await putIfAbsent(store, backboneKey(name, digest), file);
  if (quantisation)
    await putIfAbsent(store, quantisationKey(name, digest, quantisation.digest), quantisation.file);
  if (reference) await putIfAbsent(store, referenceKey(name, digest, reference.digest), reference.file);
}

/** What makes its name stand for it: backbones/<name>/current.json. */
export function currentOf(
  { name, digest, arithmetic, quantisation, reference, figures }: BackboneFile,
  at: string,
): CurrentBackbone {
  return CurrentBackboneSchema.parse({
    format: 1,
    name,
    digest,
    arithmetic,
    quantisation: quantisation?.digest ?? null,
    reference: reference?.digest ?? null,
    figures,
    updated: at,
  });
}

type FileStore = Pick<ObjectStore, 'head' | 'put'>;

async function putIfAbsent(store: FileStore, key: string, bytes: Uint8Array): Promise<void> {
  if (!(await store.head(key))) await store.put(key, bytes);
}
