/** Who may do what: three roles, each with all that the one before it may. */
import type { api } from '@drover/protocol';

const rank: Readonly<Record<api.Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export function mayActAs(has: api.Role, needed: api.Role): boolean {
  return rank[has] >= rank[needed];
}

export function lesserRole(one: api.Role, other: api.Role): api.Role {
  return mayActAs(one, other) ? other : one;
}
