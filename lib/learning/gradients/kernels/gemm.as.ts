// c = a·b or c += a·b: float32 matrices of any strides, [m, k]·[k, n] → [m, n] with the rows of c contiguous.
// All three products of a convolution's training are this one; only the strides of a and b differ.
//
// Blocks of a and b are copied into panels, so that the inner loop reads two pointers that only advance:
// a as [m/5][k][5], b as [n/8][k][8], the rest of a last panel zeros. The inner tile is 5 × 8: ten sums, two
// vectors of b, one splat and one product are V8's fifteen registers less one; four steps of k go through at a time. A block of b (256 × 256) lies in the
// second cache, one panel of it (8 KiB) in the first, while panels of a pass by. Sums run in the order of k within
// a block of 256 and blocks are added in their order, so the bits depend on nothing but the operands.

const tileRows: i32 = 5;
const tileColumns: i32 = 8;
const rowBlock: i32 = 160;
const columnBlock: i32 = 256;
const depthBlock: i32 = 256;

const panelABytes: usize = <usize>(rowBlock * depthBlock * 4);
const panelBBytes: usize = <usize>(columnBlock * depthBlock * 4);
const tileBytes: usize = <usize>(tileRows * tileColumns * 4);

/** Scratch that `gemm` needs. */
export function gemmScratchBytes(): usize {
  return panelABytes + panelBBytes + tileBytes;
}

/**
 * Element (i, j) of a lies at a + 4·(i·aRow + j·aColumn), of b likewise; row i of c at c + 4·i·cRow.
 * With `accumulate` the product is added to c.
 */
export function gemm(
  a: usize, aRow: i32, aColumn: i32, b: usize, bRow: i32, bColumn: i32, c: usize, cRow: i32,
  m: i32, n: i32, k: i32, accumulate: bool, scratch: usize,
): void {
  const panelA = scratch;
  const panelB = panelA + panelABytes;
  const tile = panelB + panelBBytes;
  for (let n0 = 0; n0 < n; n0 += columnBlock) {
    const columns = min(columnBlock, n - n0);
    for (let k0 = 0; k0 < k; k0 += depthBlock) {
      const depth = min(depthBlock, k - k0);
      packColumns(b + at(k0, bRow) + at(n0, bColumn), bRow, bColumn, depth, columns, panelB);
      for (let m0 = 0; m0 < m; m0 += rowBlock) {
        const rows = min(rowBlock, m - m0);
        packRows(a + at(m0, aRow) + at(k0, aColumn), aRow, aColumn, rows, depth, panelA);
        block(panelA, panelB, c + at(m0, cRow) + at(n0, 1), <usize>cRow << 2, rows, columns, depth,
          accumulate || k0 > 0, tile);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function at(index: i32, stride: i32): usize {
  return (<usize>index * <usize>stride) << 2;
}

/** All tiles of one block of c. */
function block(
  panelA: usize, panelB: usize, c: usize, cBytes: usize, rows: i32, columns: i32, depth: i32,
  accumulate: bool, tile: usize,
): void {
  const aBytes = <usize>(depth * tileRows) << 2;
  const bBytes = <usize>(depth * tileColumns) << 2;
  for (let j = 0; j < columns; j += tileColumns) {
    let pa = panelA;
    const wide = min(tileColumns, columns - j);
    for (let i = 0; i < rows; i += tileRows) {
      const out = c + <usize>i * cBytes + (<usize>j << 2);
      const high = min(tileRows, rows - i);
      if (high == tileRows && wide == tileColumns) multiply(pa, panelB, depth, out, cBytes, accumulate);
      else {
        multiply(pa, panelB, depth, tile, <usize>tileColumns << 2, false);
        copyCorner(tile, out, cBytes, high, wide, accumulate);
      }
      pa += aBytes;
    }
    panelB += bBytes;
  }
}

/** The part of a tile that lies inside c. */
function copyCorner(tile: usize, out: usize, cBytes: usize, rows: i32, columns: i32, accumulate: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns << 2; j += 4) {
      const value = load<f32>(tile + j);
      store<f32>(out + j, accumulate ? load<f32>(out + j) + value : value);
    }
    tile += <usize>tileColumns << 2;
    out += cBytes;
  }
}

// @ts-ignore: decorator
@inline
function mulAdd(sum: v128, x: v128, y: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** One 5 × 8 tile of c over one block of k. */
function multiply(a: usize, b: usize, depth: i32, c0: usize, cBytes: usize, accumulate: bool): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
  let s40 = f32x4.splat(0), s41 = f32x4.splat(0);
  let left = depth;
  for (; left >= 4; left -= 4) {
    let u = v128.load(b), v = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = mulAdd(s00, x, u); s01 = mulAdd(s01, x, v);
    x = v128.load32_splat(a, 4);
    s10 = mulAdd(s10, x, u); s11 = mulAdd(s11, x, v);
    x = v128.load32_splat(a, 8);
    s20 = mulAdd(s20, x, u); s21 = mulAdd(s21, x, v);
    x = v128.load32_splat(a, 12);
    s30 = mulAdd(s30, x, u); s31 = mulAdd(s31, x, v);
    x = v128.load32_splat(a, 16);
    s40 = mulAdd(s40, x, u); s41 = mulAdd(s41, x, v);
    u = v128.load(b, 32); v = v128.load(b, 48);
    x = v128.load32_splat(a, 20);
    s00 = mulAdd(s00, x, u); s01 = mulAdd(s01, x, v);
    x = v128.load32_splat(a, 24);
    s10 = mulAdd(s10, x, u); s11 = mulAdd(s11, x, v);
    x = v128.load32_splat(a, 28);
    s20 = mulAdd(s20, x, u); s21 = mulAdd(s21, x, v);
    x = v128.load32_splat(a, 32);
    s30 = mulAdd(s30, x, u); s31 = mulAdd(s31, x, v);
    x = v128.load32_splat(a, 36);
    s40 = mulAdd(s40, x, u); s41 = mulAdd(s41, x, v);
    u = v128.load(b, 64); v = v128.load(b, 80);
    x = v128.load32_splat(a, 40);
    s00 = mulAdd(s00, x, u); s01 = mulAdd(s01, x, v);
    x = v128.load32_splat(a, 44);
    s10 = mulAdd(s10, x, u); s11 = mulAdd(s11, x, v);
    x = v128.load32_splat(a, 48);
    s20 = mulAdd(s20, x, u); s21 = mulAdd(s21, x, v);
    x = v128.load32_splat(a, 52);
    s30 = mulAdd(s30, x, u); s31 = mulAdd(s31, x, v);
    x = v128.load32_splat(a, 56);
    s40 = mulAdd(s40, x, u); s41 = mulAdd(s41, x, v);
    u = v128.load(b, 96); v = v128.load(b, 112);
    x = v128.load32_splat(a, 60);
    s00 = mulAdd(s00, x, u); s01 = mulAdd(s01, x, v);
    x = v128.load32_splat(a, 64);
    s10 = mulAdd(s10, x, u); s11 = mulAdd(s11, x, v);
    x = v128.load32_splat(a, 68);
    s20 = mulAdd(s20, x, u); s21 = mulAdd(s21, x, v);
    x = v128.load32_splat(a, 72);
    s30 = mulAdd(s30, x, u); s31 = mulAdd(s31, x, v);
    x = v128.load32_splat(a, 76);
    s40 = mulAdd(s40, x, u); s41 = mulAdd(s41, x, v);
    a += 80;
    b += 128;
  }
  for (; left > 0; left--) {
    let u = v128.load(b), v = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = mulAdd(s00, x, u); s01 = mulAdd(s01, x, v);
    x = v128.load32_splat(a, 4);
    s10 = mulAdd(s10, x, u); s11 = mulAdd(s11, x, v);
    x = v128.load32_splat(a, 8);
    s20 = mulAdd(s20, x, u); s21 = mulAdd(s21, x, v);
    x = v128.load32_splat(a, 12);
    s30 = mulAdd(s30, x, u); s31 = mulAdd(s31, x, v);
    x = v128.load32_splat(a, 16);
    s40 = mulAdd(s40, x, u); s41 = mulAdd(s41, x, v);
    a += 20;
    b += 32;
  }
  const c1 = c0 + cBytes, c2 = c1 + cBytes, c3 = c2 + cBytes, c4 = c3 + cBytes;
  if (accumulate) {
    s00 = f32x4.add(v128.load(c0), s00); s01 = f32x4.add(v128.load(c0, 16), s01);
    s10 = f32x4.add(v128.load(c1), s10); s11 = f32x4.add(v128.load(c1, 16), s11);
    s20 = f32x4.add(v128.load(c2), s20); s21 = f32x4.add(v128.load(c2, 16), s21);
    s30 = f32x4.add(v128.load(c3), s30); s31 = f32x4.add(v128.load(c3, 16), s31);
    s40 = f32x4.add(v128.load(c4), s40); s41 = f32x4.add(v128.load(c4, 16), s41);
  }
  v128.store(c0, s00); v128.store(c0, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
  v128.store(c4, s40); v128.store(c4, s41, 16);
}

/** [rows, depth] → [rows/5][depth][5]. */
function packRows(a: usize, aRow: i32, aColumn: i32, rows: i32, depth: i32, out: usize): void {
  const rowBytes = <usize>aRow << 2, columnBytes = <usize>aColumn << 2;
  for (let i = 0; i < rows; i += tileRows) {
    const high = min(tileRows, rows - i);
    let from = a + <usize>i * rowBytes;
    if (high < tileRows) out = packPartly(from, rowBytes, columnBytes, high, depth, tileRows, out);
    else if (aRow == 1)
      for (let left = depth; left > 0; left--) {
        v128.store(out, v128.load(from));
        store<f32>(out, load<f32>(from, 16), 16);
        from += columnBytes;
        out += 20;
      }
    else {
      let r1 = from + rowBytes, r2 = r1 + rowBytes, r3 = r2 + rowBytes, r4 = r3 + rowBytes;
      for (let left = depth; left > 0; left--) {
        store<f32>(out, load<f32>(from));
        store<f32>(out, load<f32>(r1), 4);
        store<f32>(out, load<f32>(r2), 8);
        store<f32>(out, load<f32>(r3), 12);
        store<f32>(out, load<f32>(r4), 16);
        from += columnBytes; r1 += columnBytes; r2 += columnBytes; r3 += columnBytes; r4 += columnBytes;
        out += 20;
      }
    }
  }
}

/** [depth, columns] → [columns/8][depth][8]. */
function packColumns(b: usize, bRow: i32, bColumn: i32, depth: i32, columns: i32, out: usize): void {
  const rowBytes = <usize>bRow << 2, columnBytes = <usize>bColumn << 2;
  for (let j = 0; j < columns; j += tileColumns) {
    const wide = min(tileColumns, columns - j);
    let from = b + <usize>j * columnBytes;
    if (wide < tileColumns) out = packPartly(from, columnBytes, rowBytes, wide, depth, tileColumns, out);
    else if (bColumn == 1)
      for (let left = depth; left > 0; left--) {
        v128.store(out, v128.load(from));
        v128.store(out, v128.load(from, 16), 16);
        from += rowBytes;
        out += 32;
      }
    else {
      packHalf(from, columnBytes, rowBytes, depth, out);
      packHalf(from + (columnBytes << 2), columnBytes, rowBytes, depth, out + 16);
      out += <usize>depth << 5;
    }
  }
}

/** Four columns of a panel of b whose columns aren't neighbours. */
function packHalf(c0: usize, columnBytes: usize, rowBytes: usize, depth: i32, out: usize): void {
  let c1 = c0 + columnBytes, c2 = c1 + columnBytes, c3 = c2 + columnBytes;
  for (let left = depth; left > 0; left--) {
    store<f32>(out, load<f32>(c0));
    store<f32>(out, load<f32>(c1), 4);
    store<f32>(out, load<f32>(c2), 8);
    store<f32>(out, load<f32>(c3), 12);
    c0 += rowBytes; c1 += rowBytes; c2 += rowBytes; c3 += rowBytes;
    out += 32;
  }
}

/** A last panel with fewer than `tile` lanes: the others are zeros. Returns where the next panel begins. */
function packPartly(
  from: usize, laneBytes: usize, depthBytes: usize, lanes: i32, depth: i32, tile: i32, out: usize,
): usize {
  for (let d = 0; d < depth; d++) {
    for (let lane = 0; lane < tile; lane++) {
      const value: f32 = lane < lanes ? load<f32>(from + <usize>lane * laneBytes) : 0;
      store<f32>(out + (<usize>lane << 2), value);
    }
    from += depthBytes;
    out += <usize>tile << 2;
  }
  return out;
}
