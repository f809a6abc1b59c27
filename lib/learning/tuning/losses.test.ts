import { describe, expect, it } from 'vitest';
import { calibratedLoss, judgeLogits } from './losses.ts';

const three = Float32Array.of(1, 2, 0.5, /**/ -1, 0.2, 3, /**/ 1000, 0, -1000);

describe('judgeLogits', () => {
  it('is the mean cross-entropy, without overflow', () => {
    const total = (row: number[]) => Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
    const expected = (total([1, 2, 0.5]) - 1 + (total([-1, 0.2, 3]) - 3) + 0) / 3;
    const { loss, accuracy } = judgeLogits(three, Int32Array.of(0, 2, 0), 3, 'softmax');
    expect(loss).toBeCloseTo(expected, 9);
    expect(accuracy).toBe(2 / 3);
  });

  it('is the squared hinge of every class against the rest', () => {
    const { loss } = judgeLogits(three.subarray(0, 3), Int32Array.of(0), 3, 'svm');
    expect(loss).toBe(0 + 3 ** 2 + 1.5 ** 2);
  });

  it('counts each of two classes half, whose functions are one another’s negative', () => {
    expect(judgeLogits(Float32Array.of(-0.25, 0.25), Int32Array.of(1), 2, 'svm').loss).toBe(0.75 ** 2);
  });

  it('takes the first of equal logits', () => {
    expect(judgeLogits(Float32Array.of(2, 2), Int32Array.of(0), 2, 'softmax').accuracy).toBe(1);
    expect(judgeLogits(Float32Array.of(2, 2), Int32Array.of(1), 2, 'softmax').accuracy).toBe(0);
  });
});

describe('calibratedLoss', () => {
  /** Right three times of four, and sure of it. */
  const labels = Int32Array.from({ length: 400 }, (_, i) => i % 2);
  const sure = (sharpness: number) =>
    Float32Array.from({ length: 800 }, (_, k) => {
      const i = k >> 1;
      const told = i % 4 === 3 ? 1 - labels[i]! : labels[i]!;
      return k % 2 === told ? sharpness : 0;
    });

  it('is the same for logits that are only sharper, and never above the loss as it is', async () => {
    const [mild, sharp] = [
      await calibratedLoss(sure(3), labels, 2, 'softmax'),
      await calibratedLoss(sure(9), labels, 2, 'softmax'),
    ];
    expect(Math.abs(mild - sharp)).toBeLessThan(0.02);
    expect(sharp).toBeLessThan(judgeLogits(sure(9), labels, 2, 'softmax').loss / 2);
  });

  it('is the squared hinge as it is', async () => {
    const { loss } = judgeLogits(sure(3), labels, 2, 'svm');
    expect(await calibratedLoss(sure(3), labels, 2, 'svm')).toBe(loss);
  });
});
