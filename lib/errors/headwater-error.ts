// The one error family. Anything that a caller may hear about is thrown as a HeadwaterError; the HTTP
// boundary turns it into application/problem+json (RFC 9457), and everything else becomes `internal`.

/** Stable problem types and the HTTP status of each. A type, once published, keeps its meaning. */
export const problems = {
  'bad-request': 400,
  'invalid-name': 400,
  'invalid-json': 400,
  'invalid-image': 422,
  'unsupported-image': 415,
  'image-too-large': 413,
  'body-too-large': 413,
  'image-too-many-pixels': 422,
  'invalid-multipart': 400,
  'too-many-images': 413,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'idempotency-mismatch': 422,
  'head-bound-elsewhere': 409,
  'nothing-to-roll-back': 409,
  'not-trained': 409,
  'version-not-live': 409,
  'too-few-examples': 409,
  'too-many-labels': 409,
  'too-many-trainings': 429,
  'code-space-unavailable': 409,
  'unknown-backbone': 404,
  'backbone-too-large': 422,
  'tail-too-large': 422,
  'unknown-tap': 400,
  'unsupported-graph': 422,
  'invalid-file': 422,
  'digest-mismatch': 422,
  'bad-signature': 502,
  'replayed-channels': 502,
  'head-refused': 502,
  'storage-unavailable': 503,
  overloaded: 503,
  'keys-unavailable': 503,
  'trainer-unavailable': 503,
  'trainer-failed': 502,
  'training-diverged': 422,
  'device-unavailable': 409,
  cancelled: 409,
  internal: 500,
} as const;

export type ProblemType = keyof typeof problems;

/**
 * An error with a stable `type`, an HTTP status and a sentence that says what to do next.
 *
 * @example throw new HeadwaterError('not-found', 'There is no head "ants". Create it by training it.')
 */
export class HeadwaterError extends Error {
  readonly type: ProblemType;
  readonly status: number;
  /** Machine-readable facts (limits, offending values) that are safe to show to a caller. */
  readonly facts: Record<string, string | number | boolean | string[]>;

  constructor(
    type: ProblemType,
    detail: string,
    facts: HeadwaterError['facts'] = {},
    options?: { cause?: unknown },
  ) {
    super(detail, options);
    this.name = 'HeadwaterError';
    this.type = type;
    this.status = problems[type];
    this.facts = facts;
  }
}

/** The plain form in which an error crosses an RPC or is stored with a job. */
export interface ErrorData {
  type: ProblemType;
  detail: string;
  facts?: HeadwaterError['facts'];
}

/** Any thrown value as plain data. What is not ours is reported as `internal`, without its text. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof HeadwaterError) return { type: error.type, detail: error.message, facts: error.facts };
  return { type: 'internal', detail: 'Something went wrong inside Headwater. The server log has the cause.' };
}

/** The inverse of {@link toErrorData}; a type that this release does not know becomes `internal`. */
export function fromErrorData(data: ErrorData): HeadwaterError {
  const type = Object.hasOwn(problems, data.type) ? data.type : 'internal';
  return new HeadwaterError(type, data.detail, data.facts);
}
