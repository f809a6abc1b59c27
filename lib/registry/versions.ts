// Versions: immutable signed manifests, numbered from 1 by the coordinator.

import {
  type Manifest,
  ManifestSchema,
  payloadTypes,
  versionKey,
  versionsPrefix,
} from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { listAll, type ObjectStore } from '../storage/index.ts';
import { type Signer, seal, unseal, type Verifier } from '../trust/index.ts';

/** The verified manifest of a version, or null. @throws HeadwaterError `bad-signature` */
export async function readManifest(
  store: ObjectStore,
  head: string,
  version: number,
  verifier: Verifier,
): Promise<Manifest | null> {
  const object = await store.get(versionKey(head, version));
  if (!object) return null;
  const parsed = ManifestSchema.safeParse(await unseal(object.body, payloadTypes.manifest, verifier));
  if (!parsed.success || parsed.data.head !== head || parsed.data.version !== version)
    throw new HeadwaterError(
      'bad-signature',
      `Version ${version} of "${head}" is not a manifest of that version.`,
    );
  return parsed.data;
}

/** Writes a manifest once. False if another version stands under that number already. Writing the very same
 *  manifest again, after a crash, is true. */
export async function writeManifest(
  store: ObjectStore,
  manifest: Manifest,
  signer: Signer,
): Promise<boolean> {
  const key = versionKey(manifest.head, manifest.version);
  const bytes = await seal(payloadTypes.manifest, ManifestSchema.parse(manifest), signer);
  if (await store.put(key, bytes, { contentType: 'application/json', onlyIf: { absent: true } })) return true;
  const there = await store.get(key);
  return !!there && there.body.length === bytes.length && there.body.every((byte, i) => byte === bytes[i]);
}

/** Numbers of all published versions, ascending. */
export async function listVersions(store: ObjectStore, head: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { key } of listAll(store, versionsPrefix(head))) {
    const number = /\/versions\/([1-9]\d{0,14})\.json$/.exec(key)?.[1];
    if (number) numbers.push(Number(number));
  }
  return numbers.sort((a, b) => a - b);
}
