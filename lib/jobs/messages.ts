// What the state machine is told, and what it asks for.

import type { Job, TrainerLine } from '../contract/index.ts';
import type { ErrorData } from '../errors/index.ts';

/** What is decided when the snapshot is frozen, so that whoever takes the training up again does the same. */
export interface Prepared {
  snapshot: string;
  start: Job['start'];
  place: 'control' | 'trainer';
}

export type JobEvent =
  | { type: 'requested'; job: Job }
  | { type: 'cancel'; id: string }
  /** What `stable` was when the job first ran. */
  | { type: 'expects'; id: string; epoch: number; stable: number | null }
  /** All codes are there, and nothing is to be trained on them. */
  | { type: 'indexed'; id: string; epoch: number }
  /** All codes are there and the snapshot lies in the bucket. */
  | ({ type: 'prepared'; id: string; epoch: number } & Prepared)
  /** The control Worker begins to train the job itself. */
  | { type: 'begins-here'; id: string; epoch: number }
  /** Some codes are missing; the trainer has to make them. */
  | { type: 'codes-missing'; id: string; epoch: number }
  | { type: 'line'; id: string; epoch: number; line: TrainerLine }
  | { type: 'connection-lost'; id: string; epoch: number }
  | { type: 'refused'; id: string; epoch: number; error: ErrorData }
  | { type: 'committed'; id: string; version: number }
  | { type: 'held'; id: string; version: number; reason: string }
  /** The commit met something that no repetition mends (a document that is not signed, a head that is gone). */
  | { type: 'commit-refused'; id: string; error: ErrorData }
  /** Time has passed. `connected` names the jobs that this instance has a live connection or step for. */
  | { type: 'tick'; connected: ReadonlySet<string> };

export type JobEffect =
  | { type: 'prepare'; id: string; epoch: number }
  | { type: 'fill'; id: string; epoch: number }
  | { type: 'train'; id: string; epoch: number }
  /** Gather evidence, and store the advice before the machine hears of it. */
  | { type: 'advise'; id: string; epoch: number }
  /** Make a backbone of a version, and store its name before the machine hears of it. */
  | { type: 'share'; id: string; epoch: number }
  | { type: 'commit'; id: string }
  /** Tell the trainer to stop, and let go of the connection. */
  | { type: 'stop'; id: string; epoch: number }
  /** The job has ended: write jobs/<ds>/<id>.json. */
  | { type: 'record'; id: string };
