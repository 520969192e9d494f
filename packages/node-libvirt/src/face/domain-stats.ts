/**
 * The statistics of one domain: libvirt's parameters at once, the figures in them when they are asked for,
 * since most who ask for a thousand domains want two of each.
 */
import { type DomainFigures, readDomainStats } from '../params/domain-stats.ts';
import type { ParamsRecord } from '../xdr/typed-params.ts';
import type { Domain } from './domain.ts';

export class DomainStats implements DomainFigures {
  readonly domain: Domain;
  /** Every parameter as sent, by libvirt's own names. */
  readonly params: ParamsRecord;
  #figures: DomainFigures | undefined;

  constructor(domain: Domain, params: ParamsRecord) {
    this.domain = domain;
    this.params = params;
  }

  get figures(): DomainFigures {
    return (this.#figures ??= readDomainStats(this.params));
  }

  get state() {
    return this.figures.state;
  }

  get cpu() {
    return this.figures.cpu;
  }

  get balloon() {
    return this.figures.balloon;
  }

  get vcpus() {
    return this.figures.vcpus;
  }

  get interfaces() {
    return this.figures.interfaces;
  }

  get blocks() {
    return this.figures.blocks;
  }

  get dirtyRate() {
    return this.figures.dirtyRate;
  }
}
