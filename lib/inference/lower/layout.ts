// Where the channels and pixels of a value lie: planes of channel blocks, with a halo where a convolution reads
// beyond the picture.

import { HeadwaterError } from '../../errors/index.ts';
import type { Halo, Layout, Place, Storage } from './context.ts';
import { alignUp, plus, type Ref } from './memory.ts';

/** B: channels of a block. */
export const blockOf: Record<Storage, number> = { f32: 4, i16: 8, u7: 8 };
/** Bytes of a pixel in a plane. */
export const pixelBytesOf: Record<Storage, number> = { f32: 16, i16: 16, u7: 8 };

export const noHalo: Halo = { top: 0, right: 0, bottom: 0, left: 0 };

/** Channels are padded to a multiple of this. */
export const channelMultiple = 8;
export const padChannels = (channels: number): number => alignUp(channels, channelMultiple);

/** A plane's pitch that is a multiple of this many bytes would put all planes into a few sets of the cache. */
const badPitch = 1024;

/** Any logical shape as [h, w, c]: a vector is a picture of one pixel. */
export function pictureOf(shape: readonly number[]): [number, number, number] {
  if (shape.length > 3)
    throw new HeadwaterError(
      'unsupported-graph',
      `A value of shape [${shape}] has more than three axes, which the inference engine does not have. Use a tap before it.`,
    );
  const [h, w, c] = [...[1, 1, 1].slice(shape.length), ...shape];
  return [h!, w!, c!];
}

/** Layout of a value of this shape. One pixel without halo is contiguous: a vector. */
export function layoutOf(shape: readonly number[], storage: Storage, halo: Halo = noHalo): Layout {
  const [height, width, channels] = pictureOf(shape);
  const pixel = pixelBytesOf[storage];
  const row = (halo.left + width + halo.right) * pixel;
  const picture = (halo.top + height + halo.bottom) * row;
  const planes = padChannels(channels) / blockOf[storage];
  let plane = picture === pixel ? pixel : alignUp(picture);
  if (plane % badPitch === 0) plane += 64;
  const origin = halo.top * row + halo.left * pixel;
  return { storage, height, width, channels, planes, plane, row, halo, bytes: planes * plane, origin };
}

/** Address of a channel (a multiple of the block) of pixel (0, 0). */
export const channelAt = ({ at, layout }: Place, channel: number): Ref =>
  plus(at, (channel / blockOf[layout.storage]) * layout.plane);

/** Address of pixel (y, x) of the first plane. */
export const pixelAt = ({ at, layout }: Place, y: number, x: number): Ref =>
  plus(at, y * layout.row + x * pixelBytesOf[layout.storage]);

/** Pixels of a picture, or 1 for a vector. */
export const pixelsOf = ({ height, width }: Layout): number => height * width;

/** Whether a value is one contiguous run of channels. */
export const isVector = (layout: Layout): boolean =>
  pixelsOf(layout) === 1 && layout.plane === pixelBytesOf[layout.storage];
