// What an image is, from its headers alone. Everything that is going to be refused for its kind, its size or
// its structure is refused here, before a byte is decoded.

import type { Orientation } from './exif.ts';
import { type JpegHeader, readJpegHeader } from './jpeg-header.ts';
import { limits } from './limits.ts';
import { type PngHeader, readPngHeader } from './png-header.ts';
import { imageTooLarge } from './refuse.ts';
import { type ImageFormat, sniff } from './sniff.ts';
import { readWebpHeader, type WebpHeader } from './webp-header.ts';

export interface ImageInfo {
  format: ImageFormat;
  contentType: 'image/jpeg' | 'image/png' | 'image/webp';
  /** For the key under which the bytes are stored. */
  extension: 'jpg' | 'png' | 'webp';
  /** As stored, before `orientation` turns the picture. */
  width: number;
  height: number;
  /** EXIF orientation; 1 if there is none. */
  orientation: Orientation;
  /** Components as stored: 1 greyscale or palette, 2 grey and alpha, 3 colour, 4 CMYK or colour and alpha. */
  channels: 1 | 2 | 3 | 4;
  bitDepth: 1 | 2 | 4 | 8 | 16;
  /** Progressive JPEG or interlaced PNG. */
  progressive: boolean;
}

export type ParsedImage =
  | { format: 'jpeg'; header: JpegHeader }
  | { format: 'png'; header: PngHeader }
  | { format: 'webp'; header: WebpHeader };

/**
 * Recognises an image by its bytes and checks it against `limits`.
 *
 * @example const { contentType, width, height } = probe(bytes)
 * @throws HeadwaterError `unsupported-image` (naming what was recognised), `invalid-image`, `image-too-large`
 *   (bytes), `image-too-many-pixels`
 */
export function probe(bytes: Uint8Array): ImageInfo {
  return describe(parseHeaders(bytes));
}

/** The headers of an image, checked. Throws as {@link probe} does. */
export function parseHeaders(bytes: Uint8Array): ParsedImage {
  if (bytes.length > limits.maxImageBytes) throw imageTooLarge(bytes.length);
  const format = sniff(bytes);
  if (format === 'jpeg') return { format, header: readJpegHeader(bytes) };
  if (format === 'png') return { format, header: readPngHeader(bytes) };
  return { format, header: readWebpHeader(bytes) };
}

/** What {@link probe} tells of parsed headers. */
export function describe({ format, header }: ParsedImage): ImageInfo {
  const { width, height, orientation } = header;
  const common = { width, height, orientation };
  if (format === 'jpeg') {
    const { channels, progressive } = header;
    return {
      format,
      contentType: 'image/jpeg',
      extension: 'jpg',
      ...common,
      channels,
      bitDepth: 8,
      progressive,
    };
  }
  if (format === 'webp') {
    const channels = header.alpha ? 4 : 3;
    return {
      format,
      contentType: 'image/webp',
      extension: 'webp',
      ...common,
      channels,
      bitDepth: 8,
      progressive: false,
    };
  }
  const { samples: channels, bitDepth, interlaced: progressive } = header;
  return { format, contentType: 'image/png', extension: 'png', ...common, channels, bitDepth, progressive };
}
