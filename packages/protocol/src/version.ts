/** Version of every message and record. A reader refuses a higher one rather than guess. */
export const protocolVersion = 1;
