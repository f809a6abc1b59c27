// The service that a command asks: the one that options or the environment name, or what runs on this machine. What
// it refuses, and whatever keeps it from answering, becomes one sentence.

import { fromErrorData, HeadwaterError, type ProblemType } from '../../lib/errors/index.ts';
import { type Api, createApi } from '../../scripts/demo/api.ts';
import { isOurs } from '../../scripts/dev/processes.ts';
import { readInstance, readKeys, stateAt } from '../../scripts/dev/state.ts';

export interface Service {
  /** The JSON of an answer. @throws HeadwaterError with a sentence for a person */
  ask<T>(method: string, path: string, body?: object): Promise<T>;
}

/**
 * @throws HeadwaterError `bad-request` if there is no address, or one without a key
 */
export async function findService(url: string | undefined, key: string | undefined): Promise<Service> {
  const { env } = process;
  const address = url ?? (env.HEADWATER_URL || undefined);
  const secret = key ?? (env.HEADWATER_KEY || undefined);
  if (address !== undefined) {
    if (!/^https?:\/\//i.test(address) || !URL.canParse(address))
      throw refused(`"${address}" is no address. Give one as https://headwater.example.workers.dev.`);
    if (secret === undefined)
      throw refused(`${address} wants a key. Give an admin key with --key, or set HEADWATER_KEY.`);
    return serviceAt(address, secret, 'Give an admin key of that service with --key, or set HEADWATER_KEY.');
  }
  const state = stateAt(env.HEADWATER_STATE || '.headwater');
  const instance = readInstance(state);
  if (!instance || !isOurs(instance.pid, 'scripts/start.ts'))
    throw refused('No service to ask. Give --url and --key, or start one here with "npm start".');
  const hint = 'Set HEADWATER_KEY to the key that the instance was started with.';
  return serviceAt(instance.url, secret ?? (await readKeys(state, undefined)).apiKey, hint);
}

/** The service at `url`; `hint` says what to do where it does not take the key. */
export function serviceAt(url: string, key: string, hint: string): Service {
  const api = createApi(url, key);
  return {
    async ask<T>(method: string, path: string, body?: object): Promise<T> {
      const response = await reach(api, url, method, path, body);
      const answer = (await response.json().catch(() => null)) as (T & Problem) | null;
      if (response.ok && answer !== null) return answer;
      if (response.status === 401)
        throw new HeadwaterError('unauthorized', `${url} refuses the key. ${hint}`);
      const type = /^\/problems\/([a-z-]+)$/.exec(answer?.type ?? '')?.[1];
      if (!type || !answer?.detail)
        throw refused(`${url} answered ${response.status}, and not as Headwater does. Is the address right?`);
      throw fromErrorData({ type: type as ProblemType, detail: answer.detail });
    },
  };
}

interface Problem {
  type?: string;
  detail?: string;
}

async function reach(api: Api, url: string, ...[method, path, body]: Parameters<Api['call']>) {
  try {
    return await api.call(method, path, body);
  } catch (cause) {
    const { cause: inner, message } = cause as {
      cause?: { code?: string; message?: string };
      message: string;
    };
    const why = inner?.code ?? inner?.message ?? message;
    throw new HeadwaterError(
      'overloaded',
      `${url} cannot be reached (${why}). Is the address right, and does it run?`,
      {},
      { cause },
    );
  }
}

const refused = (sentence: string) => new HeadwaterError('bad-request', sentence);
