// What a file is, by its first bytes. A declared content type is never believed: it decides nothing here.

import { invalidImage, unsupportedImage } from './refuse.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** Signatures of what people send although it isn't supported: [offset, bytes as Latin-1, name, phrase]. */
const others: [offset: number, signature: string, name: string, phrase: string][] = [
  [0, 'GIF8', 'gif', 'a GIF'],
  [4, 'ftypavi', 'avif', 'an AVIF image'],
  [4, 'ftyphei', 'heic', 'a HEIC photo (set the camera to "most compatible", or convert it)'],
  [4, 'ftyphev', 'heic', 'a HEIC image sequence'],
  [4, 'ftypmif1', 'heif', 'a HEIF image'],
  [4, 'ftypmsf1', 'heif', 'a HEIF image sequence'],
  [4, 'ftyp', 'video', 'an MP4 or QuickTime film'],
  [0, '\xff\x0a', 'jxl', 'a JPEG XL image'],
  [4, 'JXL \r\n', 'jxl', 'a JPEG XL image'],
  [4, 'jP  \r\n', 'jp2', 'a JPEG 2000 image'],
  [0, '\xff\x4f\xff\x51', 'jp2', 'a JPEG 2000 image'],
  [0, 'II*\0', 'tiff', 'a TIFF image or a camera raw file'],
  [0, 'MM\0*', 'tiff', 'a TIFF image or a camera raw file'],
  [0, 'BM', 'bmp', 'a BMP image'],
  [0, '\0\0\x01\0', 'ico', 'an icon file (ICO)'],
  [0, '8BPS', 'psd', 'a Photoshop document'],
  [0, '%PDF', 'pdf', 'a PDF document'],
  [0, 'PK\x03\x04', 'zip', 'a ZIP archive'],
  [0, '\x1f\x8b', 'gzip', 'gzip-compressed data'],
];

/**
 * The format of a file.
 *
 * @throws HeadwaterError `unsupported-image`, naming what was recognised; `invalid-image` if there is nothing
 */
export function sniff(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw invalidImage('it is empty');
  if (startsWith(bytes, 0, '\xff\xd8\xff')) return 'jpeg';
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBP')) return 'webp';
  for (const [offset, signature, name, phrase] of others)
    if (startsWith(bytes, offset, signature)) throw unsupportedImage(phrase, name);
  if (looksLikeText(bytes)) {
    const start = new TextDecoder().decode(bytes.subarray(0, 512)).trimStart().toLowerCase();
    if (/<svg[\s>]/.test(start)) throw unsupportedImage('an SVG drawing', 'svg');
    if (start.startsWith('<!doctype html') || start.startsWith('<html'))
      throw unsupportedImage('an HTML page', 'html');
    throw unsupportedImage('text, not an image', 'text');
  }
  throw unsupportedImage('no image format that could be recognised', 'unknown');
}

function startsWith(bytes: Uint8Array, offset: number, signature: string): boolean {
  if (bytes.length < offset + signature.length) return false;
  for (let i = 0; i < signature.length; i++) if (bytes[offset + i] !== signature.charCodeAt(i)) return false;
  return true;
}

/** No control characters but white space in the first 512 bytes. */
function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 512).every((byte) => byte >= 32 || (byte >= 9 && byte <= 13) || byte === 27);
}
