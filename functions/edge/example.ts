// The bytes of an example, as they may be served: what the index names, checked against its digest, under the
// type that the bytes have and never the one that somebody declared.

import { exampleKey, unwrap } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { probe } from '../../lib/image/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import type { Services } from './services.ts';

export interface Example {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

/** @throws HeadwaterError `not-found`, `digest-mismatch` */
export async function readExample(
  { control, store }: Pick<Services, 'control' | 'store'>,
  dataset: string,
  label: string,
  digest: string,
): Promise<Example> {
  const row = unwrap(await control.example(dataset, digest));
  if (row?.label !== label) throw noSuchExample(label, digest);
  const object = await store.get(exampleKey(dataset, label, digest, row.extension));
  if (!object) throw noSuchExample(label, digest);
  if ((await sha256(object.body)) !== digest)
    throw new HeadwaterError(
      'digest-mismatch',
      `What is stored as example ${digest.slice(0, 12)}… is something else. Delete it and upload the image again.`,
    );
  return { bytes: object.body as Uint8Array<ArrayBuffer>, contentType: probe(object.body).contentType };
}

export const noSuchExample = (label: string, digest: string) =>
  new HeadwaterError('not-found', `There is no example ${digest.slice(0, 12)}… with the label "${label}".`);
