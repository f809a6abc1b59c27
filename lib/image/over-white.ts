// Transparency is composited over white, without rounding.

/** A value of 0..255 over a white background, with an alpha of 0..1. */
export function overWhite(value: number, alpha: number): number {
  return 255 - alpha * (255 - value);
}
