// A training as server-sent events (WHATWG HTML §9.2): a whole state whenever it has changed, then its end. Control is
// asked again and again from within the stream, and only while somebody reads: no other request is waited for, and
// nothing goes on once the client has left. Since every event is a whole state, a client that was cut off has missed
// nothing that matters.

import type { TrainingData } from '../../lib/contract/index.ts';
import { HeadwaterError, type ProblemType, toErrorData } from '../../lib/errors/index.ts';
import { isOver } from '../../lib/jobs/index.ts';
import { problemOf } from './problem.ts';
import { sleep as rest } from './sleep.ts';

export const eventTimes = {
  /** Between two looks at the training. */
  pollMs: 500,
  /** A connection on which nothing is said for so long gets a comment, lest something on the way closes it. */
  heartbeatMs: 15_000,
  /** After which a client that was cut off should come back. */
  retryMs: 2000,
} as const;
/** Looks that fail one after the other before the client hears of it. */
export const maxFailures = 5;
/** Looks of one connection: each is a subrequest, of which a request may make 1,000 on the smallest plan. The client
 *  comes back after that by itself, some seven minutes later. */
export const maxLooks = 900;

/** Errors after which there is nothing to wait for: the caller is not known any more, or that cannot be told. */
const lasting = new Set<ProblemType>(['unauthorized', 'keys-unavailable']);

/** The id of the last event: whoever has seen it need not come back. */
export const endId = 'end';

export interface TrainingEventsOptions {
  /** The state that is told at once. */
  first: TrainingData;
  /** How the training stands now. */
  look(): Promise<TrainingData>;
  /** The Last-Event-ID of a client that comes back: ids go on from there. */
  lastEventId?: string | undefined;
  clock?(): number;
  sleep?(ms: number): Promise<void>;
}

/** Something to say, and whether it is the last. */
interface Words {
  text: string;
  last?: boolean;
}

/** The events of a training, made as they are read. */
export function trainingEvents(options: TrainingEventsOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let gone = false;
  const words = sayings(options, () => gone);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await words();
        if (!next) return;
        controller.enqueue(encoder.encode(next.text));
        if (next.last) controller.close();
      },
      cancel() {
        gone = true;
      },
    },
    // Nothing is asked before somebody reads: HEAD makes a stream and drops it.
    { highWaterMark: 0 },
  );
}

/** A function that waits for the next thing to say; undefined when nobody listens any more. */
function sayings(
  { first, look, lastEventId, clock = Date.now, sleep = rest }: TrainingEventsOptions,
  isGone: () => boolean,
): () => Promise<Words | undefined> {
  let latest: TrainingData | undefined = first;
  let told = '';
  let id = /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
  let [looks, failures, spokeAt] = [0, 0, clock()];

  /** The latest state, if it differs from the last one that was told. */
  function news(): Words | undefined {
    const training = latest;
    latest = undefined;
    const state = training && stateOf(training);
    if (!training || !state || state === told) return undefined;
    const opening = told === '' ? `retry: ${eventTimes.retryMs}\n\n` : '';
    told = state;
    if (!isOver(training))
      return { text: opening + event('training', { ...training, report: undefined }, ++id) };
    const end = event('end', { status: training.status }, endId);
    return { text: opening + event('training', training, ++id) + end, last: true };
  }

  /** Looks again; a failure is something to say only after several. */
  async function lookAgain(): Promise<Words | undefined> {
    looks++;
    try {
      latest = await look();
      failures = 0;
      return undefined;
    } catch (error) {
      const isLasting = error instanceof HeadwaterError && lasting.has(error.type);
      if (!isLasting && ++failures <= maxFailures) return undefined;
      if (!(error instanceof HeadwaterError)) console.error(error);
      return { text: event('error', problemOf(toErrorData(error)), ++id), last: true };
    }
  }

  async function next(): Promise<Words | undefined> {
    for (let words = news(); !isGone(); words = (await lookAgain()) ?? news()) {
      if (words) return words;
      if (looks >= maxLooks) return { text: ': come back to hear more\n\n', last: true };
      if (clock() - spokeAt >= eventTimes.heartbeatMs) return { text: ': still here\n\n' };
      await sleep(eventTimes.pollMs);
      if (isGone()) return undefined;
    }
    return undefined;
  }

  return async () => {
    const words = await next();
    spokeAt = clock();
    return isGone() ? undefined : words;
  };
}

/** What is news when it changes. */
const stateOf = ({ status, phase, progress, note }: TrainingData) =>
  JSON.stringify([status, phase, progress, note]);

/** One event. JSON has no line ends in it, so its data are one line. */
const event = (name: string, data: object, id: number | string) =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
