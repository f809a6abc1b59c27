// The few sentences in which a picture is refused. Each says what was found and what to send instead.

import { HeadwaterError } from '../errors/index.ts';
import { limits } from './limits.ts';

/** `invalid-image`: the format is supported, the bytes are broken. */
export function invalidImage(found: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError(
    'invalid-image',
    `The image cannot be read: ${found}. Send the complete, unmodified file.`,
    {},
    { cause },
  );
}

/** `unsupported-image`: something that this pipeline does not decode. `found` completes "This is …". */
export function unsupportedImage(found: string, recognised: string): HeadwaterError {
  return new HeadwaterError(
    'unsupported-image',
    `This is ${found}. Send a JPEG, a PNG or a still WebP instead.`,
    {
      recognised,
      supported: ['image/jpeg', 'image/png', 'image/webp'],
    },
  );
}

/** `image-too-large`: more bytes than a file may have. */
export function imageTooLarge(bytes: number): HeadwaterError {
  return new HeadwaterError(
    'image-too-large',
    `The image has ${bytes} bytes; at most ${limits.maxImageBytes} are accepted. Send a smaller or more strongly compressed one.`,
    { bytes, maxBytes: limits.maxImageBytes },
  );
}

/** `image-too-many-pixels`: `why` completes "The image is w × h pixels, …". */
export function tooManyPixels(width: number, height: number, why: string): HeadwaterError {
  return new HeadwaterError(
    'image-too-many-pixels',
    `The image is ${width} × ${height} pixels, ${why}. Send a smaller one: the network sees far fewer pixels than that.`,
    { width, height, maxPixels: limits.maxPixels, maxSide: limits.maxSide },
  );
}

/** Checks width and height as a header declares them. @throws HeadwaterError `invalid-image`, `image-too-many-pixels` */
export function checkExtent(width: number, height: number): void {
  if (width < 1 || height < 1) throw invalidImage('its header declares a width or height of zero');
  if (width > limits.maxSide || height > limits.maxSide)
    throw tooManyPixels(width, height, `and no side may exceed ${limits.maxSide}`);
  if (width * height > limits.maxPixels)
    throw tooManyPixels(width, height, `and at most ${limits.maxPixels} pixels are accepted`);
}
