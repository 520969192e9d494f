import { describe, expect, it } from 'vitest';
import { powerOffDisk } from '../../src/shell/accelerator.ts';
import {
  bridges,
  CpuMeter,
  pressure,
  readBootId,
  usedMemoryMib,
} from '../../src/shell/os-facts.ts';

describe('the operating system', () => {
  it('has one boot id until it boots again', async () => {
    const id = await readBootId();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await readBootId()).toBe(id);
  });

  it('says how much is used, in numbers that the wire takes', async () => {
    const { cpuPressurePermille, memoryPressurePermille } = await pressure();
    const meter = new CpuMeter();
    const numbers = [cpuPressurePermille, memoryPressurePermille, await usedMemoryMib()];
    numbers.push(await meter.milli(), await meter.milli());
    for (const number of numbers) expect(Number.isInteger(number) && number >= 0).toBe(true);
    expect(await usedMemoryMib()).toBeGreaterThan(10);
  });

  it('has bridges only with names that can be said', async () => {
    for (const name of await bridges()) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it('boots the probe’s disk: it ends with the signature', () => {
    expect(powerOffDisk().readUInt16BE(510)).toBe(0x55aa);
  });
});
