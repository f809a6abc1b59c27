import { expect, it } from 'vitest';
import type { Orientation } from './exif.ts';
import { normalise } from './normalise.ts';
import { pillow, plain } from './testing/fixtures-node.ts';

it.each(Object.entries(pillow.orientations))(
  'turns orientation %s upright as Pillow does',
  (orientation, expected) => {
    const stored = Array.from({ length: 27 }, (_, i) => Math.floor(i / 3));
    const upright = normalise(stored, 3, Number(orientation) as Orientation, plain(3));
    expect(Array.from({ length: 9 }, (_, i) => upright[3 * i])).toEqual(expected);
  },
);

it('subtracts the mean, then scales, in the channel order that it was asked for', () => {
  const recipe = { channelOrder: 'bgr', mean: [1, 2, 3], scale: [1, 0.5, 2] } as const;
  const tensor = normalise([10, 20, 30], 1, 1, { ...recipe, mean: [1, 2, 3], scale: [1, 0.5, 2] });
  expect([...tensor]).toEqual([30 - 1, (20 - 2) * 0.5, (10 - 3) * 2]);
});
