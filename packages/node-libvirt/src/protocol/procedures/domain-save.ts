/**
 * Rows that put a domain's memory into a file and take it out again.
 */
import { u32 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { low } from '../procedure.ts';
import { domain, listMax, optionalText, text } from '../types.ts';

export const domainSaveProcedures = {
  domainCoreDumpWithFormat: low(334, { dom: domain, to: text, format: u32, flags: u32 }, undefined),
  domainManagedSaveGetXmlDesc: low(388, { dom: domain, flags: u32 }, { xml: text }),
  domainManagedSaveDefineXml: low(389, { dom: domain, dxml: optionalText, flags: u32 }, undefined),
  domainSaveParams: low(
    440,
    { dom: domain, params: typedParams(listMax.saveParams), flags: u32 },
    undefined,
  ),
  domainRestoreParams: low(441, { params: typedParams(listMax.saveParams), flags: u32 }, undefined),
};
