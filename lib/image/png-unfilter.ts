// PNG's five row filters (W3C PNG §9), undone in place.

/**
 * Undoes filter `type` on `row`.
 *
 * @param above the unfiltered row above, zeros for the first row
 * @param distance bytes between a sample and the same sample of the pixel to its left
 * @returns false if there is no such filter
 */
export function unfilter(type: number, row: Uint8Array, above: Uint8Array, distance: number): boolean {
  const length = row.length;
  switch (type) {
    case 0:
      return true;
    case 1:
      for (let i = distance; i < length; i++) row[i]! += row[i - distance]!;
      return true;
    case 2:
      for (let i = 0; i < length; i++) row[i]! += above[i]!;
      return true;
    case 3:
      for (let i = 0; i < length; i++) {
        const left = i < distance ? 0 : row[i - distance]!;
        row[i]! += (left + above[i]!) >> 1;
      }
      return true;
    case 4:
      for (let i = 0; i < Math.min(distance, length); i++) row[i]! += above[i]!;
      for (let i = distance; i < length; i++)
        row[i]! += paeth(row[i - distance]!, above[i]!, above[i - distance]!);
      return true;
    default:
      return false;
  }
}

/** Whichever of left, up and corner is nearest to left + up − corner; ties in that order. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
