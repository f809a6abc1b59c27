// The key layout of the bucket, in one place. The kind comes first, because event and lifecycle rules match
// literal prefixes only. Names are validated before they come here, so a key always parses back; what others
// may have put under our prefixes does not parse.

import { Digest, isName, Ulid } from './names.ts';

export const exampleKey = (dataset: string, label: string, digest: string, extension: string) =>
  `${labelPrefix(dataset, label)}${digest}.${extension}`;
export const examplesPrefix = (dataset: string) => `examples/${dataset}/`;
export const labelPrefix = (dataset: string, label: string) => `examples/${dataset}/${label}/`;

export const codesPrefix = (dataset: string, codeSpace?: string) =>
  codeSpace ? `codes/${dataset}/${codeSpace}/` : `codes/${dataset}/`;
export const segmentKey = (dataset: string, codeSpace: string, ulid: string) =>
  `${codesPrefix(dataset, codeSpace)}${ulid}.safetensors`;

export const snapshotsPrefix = (dataset: string) => `snapshots/${dataset}/`;
export const snapshotKey = (dataset: string, digest: string) => `${snapshotsPrefix(dataset)}${digest}.json`;
export const datasetsPrefix = 'datasets/';
export const datasetKey = (dataset: string) => `datasets/${dataset}.json`;

export const headsPrefix = 'heads/';
export const headPrefix = (head: string) => `heads/${head}/`;
export const headKey = (head: string) => `${headPrefix(head)}head.json`;
export const versionsPrefix = (head: string) => `${headPrefix(head)}versions/`;
export const versionKey = (head: string, version: number) => `${versionsPrefix(head)}${version}.json`;
export const blobsPrefix = (head: string) => `${headPrefix(head)}blobs/`;
export const blobKey = (head: string, digest: string) => `${blobsPrefix(head)}${digest}.safetensors`;
export const channelsKey = (head: string) => `${headPrefix(head)}channels.json`;

/** What must outlive a head of this name: the numbers that it has used. */
export const floorKey = (head: string) => `floors/${head}.json`;

export const allJobsPrefix = 'jobs/';
export const jobsPrefix = (dataset: string) => `${allJobsPrefix}${dataset}/`;
export const jobKey = (dataset: string, ulid: string) => `${jobsPrefix(dataset)}${ulid}.json`;

/** A long training's state, so that it can be taken up again; garbage once the training is over. */
export const checkpointKey = (dataset: string, ulid: string) =>
  `${jobsPrefix(dataset)}${ulid}/checkpoint.safetensors`;

export const advicePrefix = (dataset: string) => `advice/${dataset}/`;
export const adviceKey = (dataset: string, backbone: string) => `${advicePrefix(dataset)}${backbone}.json`;

export const backbonesPrefix = 'backbones/';
export const backboneKey = (name: string, digest: string) => `backbones/${name}/${digest}.safetensors`;
/** Activation ranges and integer golden codes of one quantisation of a backbone. */
export const quantisationKey = (name: string, digest: string, quantisation: string) =>
  `backbones/${name}/${digest}.quant-${quantisation}.safetensors`;
/** Activation statistics of a named set of pictures inside a backbone. */
export const referenceKey = (name: string, digest: string, reference: string) =>
  `backbones/${name}/${digest}.reference-${reference}.safetensors`;
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

/** The ULID of the training whose checkpoint this is, or undefined if it is none. */
export function parseCheckpointKey(key: string): string | undefined {
  const [, dataset = '', ulid = ''] = /^jobs\/([^/]+)\/([^/]+)\/checkpoint\.safetensors$/.exec(key) ?? [];
  return isStoredName(dataset) && Ulid.safeParse(ulid).success ? ulid : undefined;
}

/** What a snapshot's key says, or undefined if it is not one. */
export function parseSnapshotKey(key: string): { dataset: string; digest: string } | undefined {
  const [, dataset = '', digest = ''] = /^snapshots\/([^/]+)\/([0-9a-f]{64})\.json$/.exec(key) ?? [];
  return isStoredName(dataset) ? { dataset, digest } : undefined;
}

/** The name in `<kind>/<name>/` or `<kind>/<name>.json`, or undefined if it is none. */
export function parseNamedKey(key: string): string | undefined {
  const name = /^[^/]+\/([^/]+?)(?:\/|\.json)$/.exec(key)?.[1];
  return name !== undefined && isStoredName(name) ? name : undefined;
}

/** The ULID with which the key of a job's record ends, or the digest of anything else's: a snapshot's, a blob's. */
export function parseLeaf(key: string, prefix: string, extension: string): string | undefined {
  if (!key.startsWith(prefix) || !key.endsWith(extension)) return undefined;
  const leaf = key.slice(prefix.length, -extension.length);
  const isLeaf = prefix.startsWith(allJobsPrefix) ? Ulid : Digest;
  return isLeaf.safeParse(leaf).success ? leaf : undefined;
}

const isStoredName = (text: string) => text.normalize('NFC') === text && isName(text);
