import { describe, expect, it } from 'vitest';
import { createBodyBudget, undeclaredBytes } from './body-budget.ts';

const upload = (bytes: number) =>
  new Request('http://edge/', {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { 'content-length': String(bytes) },
  });
const never = () => new Promise<never>(() => {});

describe('a body budget', () => {
  it('turns away what would exceed it, and lets it in once there is room', async () => {
    const budget = createBodyBudget(() => 0, 100);
    let leave = () => {};
    const first = budget.withImage(upload(60), () => new Promise<void>((resolve) => (leave = resolve)));
    await expect(budget.withImage(upload(60), async () => 'in')).rejects.toMatchObject({
      type: 'overloaded',
    });
    expect(await budget.withImage(upload(40), async (bytes) => bytes.length)).toBe(40);
    leave();
    await first;
    expect(await budget.withImage(upload(60), async () => 'in')).toBe('in');
  });

  it('always lets one in, however large', async () => {
    expect(await createBodyBudget(() => 0, 10).withImage(upload(60), async () => 'in')).toBe('in');
  });

  it('gives room back when work fails', async () => {
    const budget = createBodyBudget(() => 0, 100);
    const failing = budget.withImage(upload(90), () => Promise.reject(new Error('no image')));
    await expect(failing).rejects.toThrow('no image');
    expect(await budget.withImage(upload(90), async () => 'in')).toBe('in');
  });

  it('forgets requests that were cancelled and never came back', async () => {
    let now = 0;
    const budget = createBodyBudget(() => now, 100);
    void budget.withImage(upload(90), never);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(budget.withImage(upload(90), async () => 'in')).rejects.toMatchObject({
      type: 'overloaded',
    });
    now = 60_000;
    expect(await budget.withImage(upload(90), async () => 'in')).toBe('in');
  });

  it('counts a body of undeclared length as a photo until it has arrived', async () => {
    const budget = createBodyBudget(() => 0, undeclaredBytes + 5);
    void budget.withImage(new Request('http://edge/', { method: 'POST', body: 'x' }), never);
    await expect(budget.withImage(upload(10), async () => 'in')).rejects.toMatchObject({
      type: 'overloaded',
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await budget.withImage(upload(10), async () => 'in')).toBe('in');
  });
});
