/**
 * Rows that list the filters of the network and where they are bound.
 */
import { array, i32, u32 } from '../../xdr/codec.ts';
import { high } from '../procedure.ts';
import { listMax, nwfilter, nwfilterBinding } from '../types.ts';

export const nwfilterProcedures = {
  connectListAllNwfilters: high(
    286,
    { needResults: i32, flags: u32 },
    { filters: array(nwfilter, listMax.nwfilters), count: u32 },
  ),
  connectListAllNwfilterBindings: high(
    401,
    { needResults: i32, flags: u32 },
    { bindings: array(nwfilterBinding, listMax.nwfilterBindings), count: u32 },
  ),
};
