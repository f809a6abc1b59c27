// The images of a request: its body as it is, or a form of several, which are worked on one after the other while
// the rest is still on the wire. What is wrong with one image of a form is told beside the others.

import { HeadwaterError, type ProblemType } from '../../lib/errors/index.ts';
import { limits } from '../../lib/image/index.ts';
import { bodyChunks } from './body.ts';
import type { BodyBudget } from './body-budget.ts';
import { type FormImage, formImages } from './multipart.ts';
import { boundaryOf, invalidForm } from './multipart-headers.ts';

/** Bytes of a whole form: Cloudflare's smaller plans let 100 MB through. It is never held, so no memory stands
 *  behind this number, only patience. */
export const maxFormBytes = 96 * 1024 * 1024;

export type ImageWork<T> = (bytes: Uint8Array, inForm: boolean) => Promise<T>;

export type FormResult<T> = { name: string | undefined } & ({ value: T } | { error: HeadwaterError });

/** Errors that lie in an image itself. Anything else (no head, no room) concerns the whole request. */
const imageFaults = new Set<ProblemType>([
  'invalid-image',
  'unsupported-image',
  'image-too-large',
  'image-too-many-pixels',
]);

/**
 * Does `work` with the one image of a raw body, or with each of a form, in their order.
 *
 * @throws HeadwaterError for a raw image whatever `work` throws; for a form what is no single image's fault,
 *   `invalid-multipart`, `too-many-images`, `body-too-large`, `overloaded`
 */
export async function eachImage<T>(
  bodies: BodyBudget,
  request: Request,
  work: ImageWork<T>,
): Promise<{ single: T } | { form: FormResult<T>[] }> {
  const boundary = boundaryOf(request.headers.get('content-type'));
  if (boundary === undefined)
    return { single: await bodies.withImage(request, (bytes) => work(bytes, false)) };
  return bodies.withRoom(async (room) => {
    const form: FormResult<T>[] = [];
    const chunks = bodyChunks(request, maxFormBytes);
    for await (const image of formImages(chunks, boundary, room.reserve))
      form.push(await room.during(image.bytes?.length ?? 0, () => resultOf(image, work)));
    if (form.length === 0) throw invalidForm('no part of it has a file name or the type of an image');
    return { form };
  });
}

async function resultOf<T>({ name, bytes }: FormImage, work: ImageWork<T>): Promise<FormResult<T>> {
  try {
    if (!bytes) throw tooLarge();
    return { name, value: await work(bytes, true) };
  } catch (error) {
    if (error instanceof HeadwaterError && imageFaults.has(error.type)) return { name, error };
    throw error;
  }
}

const tooLarge = () =>
  new HeadwaterError(
    'image-too-large',
    `The image has more than ${limits.maxImageBytes} bytes. Send a smaller or more strongly compressed one.`,
    { maxBytes: limits.maxImageBytes },
  );
