// The coordinator's side of the trainer: one signed request, whose answer streams NDJSON lines. The open
// connection is progress, heartbeat and liveness at once.

import {
  type AdviseRequest,
  type FillRequest,
  type ShareRequest,
  type TrainerLine,
  TrainerLineSchema,
  type TrainRequest,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { toJson } from '../../../lib/tensors/index.ts';
import { type Signer, signRequest } from '../../../lib/trust/index.ts';

/** A line longer than this is not ours: 32 codes of 65,536 numbers, the longest there are, take 5.6 MB in base64. */
const maxLineCharacters = 8 * 1024 * 1024;

/** Whoever trains heads. */
export interface Trainer {
  /** Lines of a training, as they come. Throws when the connection drops; the work may go on. */
  lines(path: '/v1/jobs', request: TrainRequest, signal: AbortSignal): AsyncGenerator<TrainerLine>;
  /** Asks the trainer to give a job up. */
  stop(job: string, epoch: number): Promise<void>;
}

/** The trainer, which makes missing codes too. */
export interface TrainerClient extends Trainer {
  /** False in a deployment without a trainer: whatever needs one fails at once. */
  readonly isConfigured: boolean;
  lines(path: '/v1/jobs', request: TrainRequest, signal: AbortSignal): AsyncGenerator<TrainerLine>;
  lines(path: '/v1/fills', request: FillRequest, signal: AbortSignal): AsyncGenerator<TrainerLine>;
  lines(path: '/v1/advice', request: AdviseRequest, signal: AbortSignal): AsyncGenerator<TrainerLine>;
  lines(path: '/v1/shares', request: ShareRequest, signal: AbortSignal): AsyncGenerator<TrainerLine>;
}

/** @param baseUrl where the trainer listens; nothing for a deployment without one */
export function createTrainerClient(baseUrl: string | undefined, signer: Signer): TrainerClient {
  if (!baseUrl) return noTrainer;
  async function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const bytes = toJson(body);
    const headers = await signRequest({ method: 'POST', path, body: bytes }, signer, Date.now());
    return fetch(new URL(path, baseUrl), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: bytes,
      signal,
    });
  }

  return {
    isConfigured: true,
    async *lines(path: string, request: unknown, signal: AbortSignal) {
      const response = await post(path, request, signal);
      if (!response.ok || !response.body) throw await refusal(response);
      yield* readLines(response.body);
    },
    async stop(job, epoch) {
      await (await post('/v1/stop', { job, epoch })).body?.cancel();
    },
  };
}

const noTrainer: TrainerClient = {
  isConfigured: false,
  // biome-ignore lint/correctness/useYield: it never comes to a line
  async *lines(path: string) {
    throw new HeadwaterError(
      'trainer-unavailable',
      path === '/v1/fills'
        ? 'Some images have no code of the backbone and tap that this head needs, and only a trainer can make them. Run one and set TRAINER_URL. Without one: train on the default backbone at its default tap, with images that were uploaded to this release (upload older ones again).'
        : 'The codes of this training are more than the control Worker can hold, and there is no trainer. Run one and set TRAINER_URL, or train on fewer images.',
    );
  },
  async stop() {},
};

/** A 5xx will pass and is a dropped connection to the caller; a 4xx will not, and carries its own words. */
async function refusal(response: Response): Promise<Error> {
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  if (response.status >= 500) return new Error(`trainer answered ${response.status}`);
  return new HeadwaterError('trainer-failed', problem.detail ?? `The trainer answered ${response.status}.`);
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<TrainerLine> {
  let rest = '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop()!;
      if (rest.length > maxLineCharacters) throw strange();
      for (const line of lines) if (line) yield parseLine(line);
    }
  } finally {
    // Whoever has heard enough lets go of the connection.
    await reader.cancel().catch(() => {});
  }
}

function parseLine(text: string): TrainerLine {
  try {
    return TrainerLineSchema.parse(JSON.parse(text));
  } catch {
    throw strange();
  }
}

const strange = () =>
  new HeadwaterError(
    'trainer-failed',
    'The trainer sent a line that is not known here. Deploy trainer and Workers from one release.',
  );
