/**
 * Rows about proving who calls. Only these are served before the daemon knows.
 */
import { array, bool, i32 } from '../../xdr/codec.ts';
import { high } from '../procedure.ts';
import { charList, listMax, text } from '../types.ts';

/** `absent` tells data that is missing from data that is empty. */
const saslData = { absent: bool, data: charList(listMax.saslDataBytes) };
const saslReply = { complete: bool, ...saslData };

export const authProcedures = {
  authList: high(66, undefined, { types: array(i32, listMax.authTypes) }),
  authPolkit: high(70, undefined, { complete: bool }),
  authSaslInit: high(67, undefined, { mechanisms: text }),
  authSaslStart: high(68, { mechanism: text, ...saslData }, saslReply),
  authSaslStep: high(69, saslData, saslReply),
};
