/** This program’s version; packages/cli/package.json says the same, and a test holds them together. */
export const clientVersion = '0.1.0';
