// The key layout of the bucket, in one place. The kind comes first, because event and lifecycle rules match
// literal prefixes only. Names are validated before they come here, so a key always parses back; what others
// may have put under our prefixes does not parse.

import { isName, Ulid } from './names.ts';

export const exampleKey = (dataset: string, label: string, digest: string, extension: string) =>
  `${labelPrefix(dataset, label)}${digest}.${extension}`;
export const examplesPrefix = (dataset: string) => `examples/${dataset}/`;
export const labelPrefix = (dataset: string, label: string) => `examples/${dataset}/${label}/`;

export const codesPrefix = (dataset: string, codeSpace?: string) =>
  codeSpace ? `codes/${dataset}/${codeSpace}/` : `codes/${dataset}/`;
export const segmentKey = (dataset: string, codeSpace: string, ulid: string) =>
  `${codesPrefix(dataset, codeSpace)}${ulid}.safetensors`;

export const snapshotKey = (dataset: string, digest: string) => `snapshots/${dataset}/${digest}.json`;
export const datasetKey = (dataset: string) => `datasets/${dataset}.json`;

const headPrefix = (head: string) => `heads/${head}/`;
export const headKey = (head: string) => `${headPrefix(head)}head.json`;
export const versionsPrefix = (head: string) => `${headPrefix(head)}versions/`;
export const versionKey = (head: string, version: number) => `${versionsPrefix(head)}${version}.json`;
export const blobKey = (head: string, digest: string) => `${headPrefix(head)}blobs/${digest}.safetensors`;
export const channelsKey = (head: string) => `${headPrefix(head)}channels.json`;

export const jobKey = (dataset: string, ulid: string) => `jobs/${dataset}/${ulid}.json`;

export const backbonesPrefix = 'backbones/';
export const backboneKey = (name: string, digest: string) => `backbones/${name}/${digest}.safetensors`;
export const currentBackboneKey = (name: string) => `backbones/${name}/current.json`;

/** What an example's key says, or undefined if it is not one. */
export function parseExampleKey(
  key: string,
): { dataset: string; label: string; digest: string; extension: string } | undefined {
  const match = /^examples\/([^/]+)\/([^/]+)\/([0-9a-f]{64})\.([a-z0-9]{1,8})$/.exec(key);
  if (!match) return undefined;
  const [, dataset, label, digest, extension] = match as unknown as [string, string, string, string, string];
  return isStoredName(dataset) && isStoredName(label) ? { dataset, label, digest, extension } : undefined;
}

/** What a segment's key says, or undefined if it is not one. */
export function parseSegmentKey(
  key: string,
): { dataset: string; codeSpace: string; ulid: string } | undefined {
  const match = /^codes\/([^/]+)\/([0-9a-f]{64})\/([^/.]+)\.safetensors$/.exec(key);
  if (!match) return undefined;
  const [, dataset, codeSpace, ulid] = match as unknown as [string, string, string, string];
  return isStoredName(dataset) && Ulid.safeParse(ulid).success ? { dataset, codeSpace, ulid } : undefined;
}

const isStoredName = (text: string) => text.normalize('NFC') === text && isName(text);
