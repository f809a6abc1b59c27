// A request for codes, from its body to the codes of its images at one tap of one backbone.

import { placeOf, tapOf } from '../../lib/codes/index.ts';
import { HeadwaterError, toErrorData } from '../../lib/errors/index.ts';
import { eachImage, type FormResult } from './images.ts';
import { problemOf } from './problem.ts';
import type { Services } from './services.ts';

export interface ImageCodes {
  backbone: string;
  tap: string;
  images: { single: Float32Array } | { form: FormResult<Float32Array>[] };
}

/**
 * The deployment's backbone and its default tap where none is named.
 *
 * @throws HeadwaterError `unknown-backbone`, `unknown-tap`; as `eachImage`
 */
export async function codesOfImages(
  { bodies, coder, backbones }: Pick<Services, 'bodies' | 'coder' | 'backbones'>,
  request: Request,
  named: { backbone?: string | undefined; tap?: string | undefined },
): Promise<ImageCodes> {
  const backbone = await backbones.byName(named.backbone);
  const place = placeOf(backbone, [await tapOf(backbone, named.tap)]);
  const images = await eachImage(bodies, request, async (bytes) => (await coder.code(bytes, place)).code);
  return { backbone: backbone.name, tap: named.tap ?? backbone.card.defaultTap, images };
}

/** As numbers: a row for each image, null and an error for one that could not be read. */
export function asJson({ backbone, tap, images }: ImageCodes) {
  if ('single' in images)
    return { backbone, tap, dims: images.single.length, codes: [Array.from(images.single)] };
  const { form } = images;
  const rows = form.map((result) => ('value' in result ? result.value : null));
  return {
    backbone,
    tap,
    dims: rows.find((row) => row !== null)?.length ?? null,
    codes: rows.map((row) => row && Array.from(row)),
    errors: form.flatMap(({ name, ...result }, index) =>
      'error' in result
        ? [{ index, ...(name !== undefined && { name }), error: problemOf(toErrorData(result.error)) }]
        : [],
    ),
  };
}

/**
 * As float32, little-endian on every platform that runs this: the rows one after the other.
 *
 * @throws HeadwaterError the first error of a form's images: a row cannot say that it is missing
 */
export function asRows({ images }: ImageCodes): { dims: number; bytes: Uint8Array<ArrayBuffer> } {
  const rows = 'single' in images ? [images.single] : images.form.map(rowOf);
  const dims = rows[0]!.length;
  const all = new Float32Array(rows.length * dims);
  for (const [i, row] of rows.entries()) all.set(row, i * dims);
  return { dims, bytes: new Uint8Array(all.buffer) };
}

function rowOf(result: FormResult<Float32Array>, index: number): Float32Array {
  if ('value' in result) return result.value;
  const { type, message, facts } = result.error;
  const name = result.name === undefined ? '' : ` ("${result.name}")`;
  throw new HeadwaterError(
    type,
    `Image ${index}${name} of the form, counted from 0, has no code, and rows of numbers cannot say so. ${message} Or ask for application/json.`,
    { ...facts, index },
  );
}
