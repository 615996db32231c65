/**
 * Float kernels in AssemblyScript (`tools/build-float-kernels.ts` compiles them into the package).
 * Arguments are byte addresses in linear memory and counts; reals are float32.
 */

/**
 * out[p][o] = bias[o] + sum over d of x[p][d] * w[d][o], clamped to low..high.
 * w: [blocks][depth][8] and bias: [blocks][8], padded to whole blocks of 8 channels; out: [pixels][blocks * 8].
 */
export function multiply(
  x: usize,
  w: usize,
  bias: usize,
  out: usize,
  pixels: i32,
  depth: i32,
  blocks: i32,
  low: f32,
  high: f32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const row = (<usize>depth) << 2;
  const outRow = (<usize>blocks) << 5;
  for (let block = 0; block < blocks; block++) {
    const b0 = v128.load(bias + ((<usize>block) << 5));
    const b1 = v128.load(bias + ((<usize>block) << 5), 16);
    const filters = w + <usize>block * (row << 3);
    let p = 0;
    for (; p + 4 <= pixels; p += 4) {
      let a00 = b0,
        a01 = b1,
        a10 = b0,
        a11 = b1,
        a20 = b0,
        a21 = b1,
        a30 = b0,
        a31 = b1;
      let x0 = x + <usize>p * row;
      let x1 = x0 + row;
      let x2 = x1 + row;
      let x3 = x2 + row;
      const end = x1;
      let f = filters;
      while (x0 < end) {
        const w0 = v128.load(f);
        const w1 = v128.load(f, 16);
        let s = v128.load32_splat(x0);
        a00 = f32x4.add(a00, f32x4.mul(s, w0));
        a01 = f32x4.add(a01, f32x4.mul(s, w1));
        s = v128.load32_splat(x1);
        a10 = f32x4.add(a10, f32x4.mul(s, w0));
        a11 = f32x4.add(a11, f32x4.mul(s, w1));
        s = v128.load32_splat(x2);
        a20 = f32x4.add(a20, f32x4.mul(s, w0));
        a21 = f32x4.add(a21, f32x4.mul(s, w1));
        s = v128.load32_splat(x3);
        a30 = f32x4.add(a30, f32x4.mul(s, w0));
        a31 = f32x4.add(a31, f32x4.mul(s, w1));
        x0 += 4;
        x1 += 4;
        x2 += 4;
        x3 += 4;
        f += 32;
      }
      let to = out + <usize>p * outRow + ((<usize>block) << 5);
      store(to, a00, a01, lows, highs);
      to += outRow;
      store(to, a10, a11, lows, highs);
      to += outRow;
      store(to, a20, a21, lows, highs);
      to += outRow;
      store(to, a30, a31, lows, highs);
    }
    for (; p < pixels; p++) {
      let a0 = b0,
        a1 = b1;
      let from = x + <usize>p * row;
      const end = from + row;
      let f = filters;
      while (from < end) {
        const s = v128.load32_splat(from);
        a0 = f32x4.add(a0, f32x4.mul(s, v128.load(f)));
        a1 = f32x4.add(a1, f32x4.mul(s, v128.load(f, 16)));
        from += 4;
        f += 32;
      }
      store(out + <usize>p * outRow + ((<usize>block) << 5), a0, a1, lows, highs);
    }
  }
}

function store(to: usize, a: v128, b: v128, lows: v128, highs: v128): void {
  v128.store(to, f32x4.min(highs, f32x4.max(lows, a)));
  v128.store(to, f32x4.min(highs, f32x4.max(lows, b)), 16);
}

/**
 * Depthwise convolution of a map stored with `groups` * 4 channels a pixel (padded to whole groups of 4), clamped.
 * x: [height][width][channel], w: [ky][kx][channel], bias: [channel], out: [outHeight][outWidth][channel].
 */
export function depthwise(
  x: usize,
  w: usize,
  bias: usize,
  out: usize,
  height: i32,
  width: i32,
  groups: i32,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideY: i32,
  strideX: i32,
  dilationY: i32,
  dilationX: i32,
  top: i32,
  left: i32,
  low: f32,
  high: f32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const pixel = (<usize>groups) << 4;
  const inputRow = pixel * <usize>width;
  let to = out;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      for (let g: usize = 0; g < pixel; g += 16) {
        let sum = v128.load(bias + g);
        for (let ky = 0; ky < kernelHeight; ky++) {
          const y = oy * strideY + ky * dilationY - top;
          if (<u32>y >= <u32>height) continue;
          const rowAt = x + <usize>y * inputRow + g;
          let tap = w + <usize>(ky * kernelWidth) * pixel + g;
          let column = ox * strideX - left;
          for (let kx = 0; kx < kernelWidth; kx++) {
            if (<u32>column < <u32>width) {
              sum = f32x4.add(sum, f32x4.mul(v128.load(rowAt + <usize>column * pixel), v128.load(tap)));
            }
            column += dilationX;
            tap += pixel;
          }
        }
        v128.store(to, f32x4.min(highs, f32x4.max(lows, sum)));
        to += 16;
      }
    }
  }
}
