// How a backbone wants to be fed. Part of its card and of every code space; plain data.

export interface Recipe {
  /** Input side in pixels; the input is square. */
  size: number;
  /** `stretch` resizes both sides to `size`; `cover` resizes the short side to it and crops the centre. */
  fit: 'stretch' | 'cover';
  channelOrder: 'rgb' | 'bgr';
  /** In the channel order given: value = (pixel − mean) × scale, pixels 0..255. */
  mean: [number, number, number];
  scale: [number, number, number];
}
