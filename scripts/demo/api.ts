// The few HTTP calls that the demonstration and the end-to-end tests make, as plain functions.

import type { TrainingData } from '../../lib/contract/index.ts';

export interface ClassifyResult {
  head: string;
  version: number;
  predictions: { label: string; probability: number }[];
}

export type Api = ReturnType<typeof createApi>;

/** Calls on an instance at `url`. A problem answer becomes an Error with its sentence. */
export function createApi(url: string, key: string) {
  async function call(method: string, path: string, body?: Uint8Array | object): Promise<Response> {
    const isBytes = body instanceof Uint8Array;
    return fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
      },
      body: isBytes ? (body as Uint8Array<ArrayBuffer>) : body && JSON.stringify(body),
    });
  }

  async function json<T>(method: string, path: string, body?: Uint8Array | object): Promise<T> {
    const response = await call(method, path, body);
    const answer = (await response.json()) as T & { detail?: string };
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.detail}`);
    return answer;
  }

  const at = encodeURIComponent;
  return {
    call,
    json,
    teach: (dataset: string, label: string, image: Uint8Array) =>
      json<{ digest: string; label: string }>(
        'PUT',
        `/v1/datasets/${at(dataset)}/examples/${at(label)}`,
        image,
      ),
    train: (head: string, dataset: string, more: object = {}) =>
      json<TrainingData>('POST', `/v1/heads/${at(head)}/trainings`, { dataset, ...more }),
    training: (id: string) => json<TrainingData>('GET', `/v1/trainings/${id}`),
    classify: (head: string, image: Uint8Array) =>
      json<ClassifyResult>('POST', `/v1/heads/${at(head)}/classify`, image),
    /** The head, or null if there is none. */
    async head(head: string) {
      const response = await call('GET', `/v1/heads/${at(head)}`);
      if (response.status === 404) return null;
      return (await response.json()) as {
        kind: string;
        backbone: { name: string };
        channels: { sequence: number; stable: number | null } | null;
      };
    },
  };
}
