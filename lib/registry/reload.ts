// Hot reload: which version of a head answers in this isolate, and when to look again. A request gets one
// loaded head from start to end; a swap replaces one reference.
//
// No request ever awaits another request's promise: on Workers such a promise hangs for good when the request
// that owns it is cancelled. Whoever has to wait polls plain state and takes over after `takeoverMs`.

import type { Manifest } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { Verifier } from '../trust/index.ts';
import { readChannels, type StoredChannels } from './channels.ts';
import { readManifest } from './versions.ts';

export interface ReloadOptions<Loaded> {
  store: ObjectStore;
  verifier: Verifier;
  /** Builds what answers, or throws: blob digest, shapes, code space and goldens are checked in here. */
  load(manifest: Manifest): Promise<Loaded>;
  /** The highest sequence that the dataset's coordinator knows; asked once per head. */
  knownSequence(dataset: string, head: string): Promise<number>;
  /** A failure that a caller does not see, because an older version went on answering. */
  report(head: string, error: unknown): void;
  clock(): number;
  sleep(ms: number): Promise<void>;
  /** Younger than this, the channels are not read again. */
  refreshMs: number;
  /** Older than this, they are read before the answer. */
  maxStaleMs: number;
}

export interface Current<Loaded> {
  version: number;
  manifest: Manifest;
  loaded: Loaded;
}

interface Entry<Loaded> {
  current: Current<Loaded> | undefined;
  /** Highest sequence seen by this isolate or told by control. */
  sequence: number;
  /** Whether control has been asked, successfully. */
  askedControl: boolean;
  /** When the channels were last read and found good. */
  checkedAt: number;
  /** When a read last began: while storage is down, not every request waits for it. */
  attemptedAt: number;
  /** When a read now under way began; 0 if there is none. */
  refreshingSince: number;
  /** How many reads have begun, and which of them was the last that was found good. */
  begun: number;
  good: number;
  /** How the last first load failed. */
  failure: { error: unknown } | undefined;
}

const notTrained = (head: string) =>
  new HeadwaterError('not-trained', `"${head}" has no stable version yet. Train it, or promote a version.`);

/** How long somebody else's read may take before a waiter does it itself. */
export const takeoverMs = 3000;
/** How long a request with a usable older version waits for a newer one. */
export const frontTimeoutMs = 1500;
const pollMs = 10;

export function createHeadLoader<Loaded>(options: ReloadOptions<Loaded>) {
  const { store, verifier, clock, sleep } = options;
  const entries = new Map<string, Entry<Loaded>>();

  /**
   * What answers for `head` now. `stale` says that storage or control could not be asked and that the answer
   * may be older than `maxStaleMs`.
   *
   * @param behind runs work after the response (`waitUntil`)
   * @param minVersion what a caller knows to have been published: with less here, the channels are read again first
   * @throws HeadwaterError `not-trained` without a stable version; `version-not-live` if stable is below
   *   `minVersion`; `storage-unavailable` if that cannot be told in time; whatever the first load meets
   */
  async function get(
    head: string,
    behind: (work: Promise<void>) => void,
    minVersion = 0,
  ): Promise<{ current: Current<Loaded>; stale: boolean }> {
    const entry = entryOf(head);
    const { begun } = entry;
    if (!entry.current) await loadInFront(head, entry, behind);
    else if (clock() - entry.attemptedAt >= options.refreshMs && !busy(entry)) {
      if (isStale(entry)) await within(frontTimeoutMs, refresh(head, entry));
      else behind(refresh(head, entry));
    } else if (isStale(entry)) await waitForRefresh(entry);
    if (currentOf(head, entry).version < minVersion) await catchUp(head, entry, minVersion, begun);
    return { current: currentOf(head, entry), stale: !entry.askedControl || isStale(entry) };
  }

  const isStale = (entry: Entry<Loaded>) => clock() - entry.checkedAt >= options.maxStaleMs;

  /** Another request is reading what this one must not answer without: as long as that one would wait. */
  async function waitForRefresh(entry: Entry<Loaded>): Promise<void> {
    while (isStale(entry) && busy(entry) && clock() - entry.refreshingSince < frontTimeoutMs)
      await sleep(pollMs);
  }

  /** A read that began after the caller had come will do, whoever's it is; an older one may have missed the
   *  version that the caller knows of. `before` is how many had begun by then. */
  async function catchUp(
    head: string,
    entry: Entry<Loaded>,
    minVersion: number,
    before: number,
  ): Promise<void> {
    const until = clock() + frontTimeoutMs;
    while (currentOf(head, entry).version < minVersion && entry.good <= before) {
      if (clock() >= until)
        throw new HeadwaterError(
          'storage-unavailable',
          `Whether version ${minVersion} of "${head}" is live could not be found out in time. Ask again.`,
        );
      if (busy(entry)) await sleep(pollMs);
      else await within(until - clock(), read(head, entry));
    }
    const stable = currentOf(head, entry).version;
    if (stable < minVersion)
      throw new HeadwaterError(
        'version-not-live',
        `Version ${stable} of "${head}" is stable, and ${minVersion} or a later one was asked for. Wait for it, promote it, or ask for less.`,
        { stable, minVersion },
      );
  }

  /** Waits for whoever is loading, takes over if that takes too long. The load goes on without the request that
   *  began it: others wait for it. */
  async function loadInFront(
    head: string,
    entry: Entry<Loaded>,
    behind: (work: Promise<void>) => void,
  ): Promise<void> {
    const before = entry.failure;
    while (!entry.current && busy(entry)) await sleep(pollMs);
    if (entry.current) return;
    // The one that this request waited for has failed: so would this one, and the next, one after the other.
    if (entry.failure && entry.failure !== before) throw entry.failure.error;
    try {
      const reading = read(head, entry);
      behind(reading.catch(() => {}));
      await reading;
      // Whoever was before may have failed and forgotten the head while this request waited.
      if (!entries.get(head)?.current) entries.set(head, entry);
    } catch (error) {
      // A head that does not load is not remembered, or any name that is asked for would be kept for good.
      entry.failure = { error };
      if (!entry.current && entries.get(head) === entry) entries.delete(head);
      throw error;
    }
  }

  const busy = (entry: Entry<Loaded>) =>
    entry.refreshingSince !== 0 && clock() - entry.refreshingSince < takeoverMs;

  /** A read whose failure leaves the older version answering. */
  async function refresh(head: string, entry: Entry<Loaded>): Promise<void> {
    try {
      await read(head, entry);
    } catch (error) {
      if (entry.current) options.report(head, error);
    }
  }

  async function read(head: string, entry: Entry<Loaded>): Promise<void> {
    const began = clock();
    const number = ++entry.begun;
    entry.refreshingSince = entry.attemptedAt = began;
    try {
      const stored = await readChannels(store, head, verifier);
      if (!stored) forget(head, entry);
      const version = checkChannels(head, entry, stored);
      const next = version === entry.current?.version ? entry.current : await loadVersion(head, version);
      // Another read may have overtaken this one while it was loading: never go back.
      if (stored!.channels.sequence < entry.sequence && entry.current) return;
      await askControl(next.manifest, entry);
      checkChannels(head, entry, stored);
      entry.sequence = stored!.channels.sequence;
      entry.current = next;
      entry.checkedAt = clock();
      entry.good = Math.max(entry.good, number);
    } finally {
      if (entry.refreshingSince === began) entry.refreshingSince = 0;
    }
  }

  /** Once per head: an isolate that remembers nothing could be shown an old, well-signed document. The dataset,
   *  and so the coordinator that is asked, is the signed manifest's: head.json bears no signature. */
  async function askControl({ head, dataset }: Manifest, entry: Entry<Loaded>): Promise<void> {
    if (entry.askedControl) return;
    try {
      const known = await within(frontTimeoutMs, options.knownSequence(dataset, head));
      if (known === undefined) throw new Error('control did not answer in time');
      entry.sequence = Math.max(entry.sequence, known);
      entry.askedControl = true;
    } catch (error) {
      options.report(head, error);
    }
  }

  /** Without channels there is no such head any more: what is loaded must not outlive it. */
  function forget(head: string, entry: Entry<Loaded>): void {
    entry.current = undefined;
    if (entries.get(head) === entry) entries.delete(head);
    throw notTrained(head);
  }

  /** What is loaded, unless a read has found meanwhile that the head was deleted. @throws HeadwaterError `not-trained` */
  function currentOf(head: string, entry: Entry<Loaded>): Current<Loaded> {
    if (!entry.current) throw notTrained(head);
    return entry.current;
  }

  function checkChannels(head: string, entry: Entry<Loaded>, stored: StoredChannels | null): number {
    const sequence = stored?.channels.sequence ?? 0;
    if (sequence < entry.sequence)
      throw new HeadwaterError(
        'replayed-channels',
        `The channels of "${head}" in storage are older (${sequence}) than ones seen before (${entry.sequence}).`,
      );
    if (!stored?.channels.stable) throw notTrained(head);
    return stored.channels.stable;
  }

  async function loadVersion(head: string, version: number): Promise<Current<Loaded>> {
    const manifest = await readManifest(store, head, version, verifier);
    if (!manifest)
      throw new HeadwaterError('head-refused', `Version ${version} of "${head}" is missing from storage.`);
    return { version, manifest, loaded: await options.load(manifest) };
  }

  /** What `work` resolves to, or undefined after `ms`, with `work` going on. */
  const within = <T>(ms: number, work: Promise<T>): Promise<T | undefined> =>
    Promise.race([work, sleep(ms).then(() => undefined)]);

  function entryOf(head: string): Entry<Loaded> {
    let entry = entries.get(head);
    if (!entry) {
      // What a cancelled request began to load and nobody asked for again.
      for (const [name, left] of entries) if (!left.current && !busy(left)) entries.delete(name);
      entry = {
        current: undefined,
        sequence: 0,
        askedControl: false,
        checkedAt: 0,
        attemptedAt: 0,
        refreshingSince: 0,
        begun: 0,
        good: 0,
        failure: undefined,
      };
      entries.set(head, entry);
    }
    return entry;
  }

  return {
    get,
    /** How many names are remembered, loaded or being loaded. */
    known: () => entries.size,
    /** Heads that are loaded here, with the version of each. */
    loaded: () =>
      [...entries].flatMap(([head, { current }]) => (current ? [{ head, version: current.version }] : [])),
  };
}
