/** Every schema takes what it should and refuses what differs from it in one place. */
import { describe, expect, it } from 'vitest';
import { parseJson, parseValue } from '../src/index.ts';
import { type Neighbour, tooMuch, unknownFields, wrongTypes } from './support/neighbours.ts';
import { inputs, outputs, type Sample } from './support/samples.ts';

/** A measured value may be a number or a text. */
const measured = /(rejections|reasons|findings)\/\d+\/(required|available) being/;
/** A CPU in XML and what cloud-init is told may be long, though not without end. */
const document = /\/(cpu|cpus\/\d+|userData|networkConfig) being long/;
/** Takes away what was there. */
const none = /^\/cloudInit being null$/;

/** Names of the neighbours that are wrongly accepted. */
const accepted = (sample: Sample, neighbours: readonly Neighbour[]) =>
  neighbours
    .filter((neighbour) => parseValue(sample.schema, neighbour.value).ok)
    .map((neighbour) => neighbour.what);

describe.each([...inputs, ...outputs])('$name', (sample) => {
  it('is accepted, over JSON too', () => {
    expect(parseValue(sample.schema, sample.value)).toEqual({ ok: true, value: sample.value });
    expect(parseJson(sample.schema, JSON.stringify(sample.value))).toEqual({
      ok: true,
      value: sample.value,
    });
  });

  it('has no unknown field anywhere', () => {
    const neighbours = unknownFields(sample.value);
    expect(neighbours).not.toEqual([]);
    expect(accepted(sample, neighbours)).toEqual([]);
  });

  it('has no value of another type anywhere', () => {
    const wrong = accepted(sample, wrongTypes(sample.value)).filter(
      (what) => !measured.test(what) && !none.test(what),
    );
    expect(wrong).toEqual([]);
  });
});

describe.each(inputs)('$name', (sample) => {
  it('has bounds everywhere', () => {
    const beyond = accepted(sample, tooMuch(sample.value)).filter(
      (what) => !measured.test(what) && !document.test(what),
    );
    expect(beyond).toEqual([]);
  });
});

describe('parseJson', () => {
  it.each(['', '{', 'undefined', '{"v":1', "{'v':1}", '\u0000'])('refuses %j', (text) => {
    const sample = inputs[0];
    expect(sample && parseJson(sample.schema, text)).toEqual({ ok: false, reason: 'not JSON' });
  });

  it('says where and what is wrong', () => {
    const sample = inputs.find((one) => one.name === 'VmCreate');
    const body = { name: 'web1', spec: { vcpus: 'two', memoryMib: 512, disks: [], networks: [] } };
    const parsed = sample && parseJson(sample.schema, JSON.stringify(body));
    expect(parsed).toEqual({ ok: false, reason: '/spec/vcpus: must be integer' });
  });

  it('never gives an object another prototype', () => {
    const sample = inputs.find((one) => one.name === 'vm name');
    const text = `{"v":1,"vmId":"6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01","__proto__":{"admin":true}}`;
    expect(sample && parseJson(sample.schema, text).ok).toBe(false);
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });
});
