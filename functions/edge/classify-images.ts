// A request to classify, from its body to what the heads say: one version of each head for all of its images.

import type { Verdict } from '../../lib/contract/index.ts';
import { toErrorData } from '../../lib/errors/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { type Answering, type AskedHead, answers, currentHeads, type Silent } from './current-head.ts';
import { etagOf, isNamed } from './etag.ts';
import { eachImage, type FormResult } from './images.ts';
import { classify } from './infer.ts';
import { problemOf } from './problem.ts';
import type { Services } from './services.ts';

export interface Question {
  asked: AskedHead[];
  topK: number | undefined;
  ifNoneMatch: string | undefined;
}

export interface Classified {
  heads: (Answering | Silent)[];
  /** Verdicts of the heads that answer, in their order. */
  images: { single: Verdict[] } | { form: FormResult<Verdict[]>[] };
  /** Of one image about which every head was asked. */
  etag?: string;
  /** The caller has this answer already: nobody was asked. */
  known: boolean;
}

/**
 * Reads the request's images and asks the heads about each. The heads are looked up when the first image is here.
 *
 * @throws HeadwaterError as `eachImage` and `currentHeads`
 */
export async function classifyImages(
  services: Pick<Services, 'store' | 'heads' | 'bodies' | 'coder' | 'backbones'>,
  request: Request,
  { asked, topK, ifNoneMatch }: Question,
  behind: (work: Promise<void>) => void,
): Promise<Classified> {
  const found: Partial<Classified> = {};
  const look = async () => (found.heads ??= await currentHeads(services, asked, behind));
  const images = await eachImage(services.bodies, request, async (bytes, inForm) => {
    const heads = await look();
    const answering = heads.filter(answers);
    if (!inForm && answering.length === heads.length) {
      const versions = answering.map(({ version }) => version);
      found.etag = etagOf(versions, await sha256(bytes));
      found.known = isNamed(found.etag, ifNoneMatch);
    }
    return found.known ? [] : classify(services, answering, bytes, topK);
  });
  return { heads: await look(), images, known: false, ...found };
}

/** Of one image: each head with its verdict, or why it has none. */
export function byHead(heads: (Answering | Silent)[], verdicts: Verdict[]) {
  let at = 0;
  return heads.map((head) =>
    answers(head)
      ? { head: head.name, version: head.version, ...verdicts[at++]! }
      : { head: head.name, error: problemOf(toErrorData(head.error)) },
  );
}

/** Of the images of a form: what `present` makes of each value, or its error. */
export const itemsOf = <T, R extends object>(form: FormResult<T>[], present: (value: T) => R) =>
  form.map(({ name, ...result }) => ({
    ...(name !== undefined && { name }),
    ...('error' in result ? { error: problemOf(toErrorData(result.error)) } : present(result.value)),
  }));
