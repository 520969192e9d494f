/** How many hosts may be lost with every VM started again elsewhere, and how many more VMs fit. */
import { Type, type Static } from 'typebox';
import { Count, Name } from '../names.ts';
import { BlockerBody } from './plan.ts';
import { closed, named } from './shape.ts';

const Fits = Type.Object(
  {
    count: Count,
    /** More may fit: counting ended there. */
    atLeast: Type.Boolean(),
    /** Hosts on which some would go. */
    byHost: Type.Array(Type.Object({ hostId: Name, count: Count }, closed)),
  },
  closed,
);

export const HeadroomBody = Type.Object(
  {
    revision: Count,
    /** Whichever so many hosts are lost at once, every VM finds a place elsewhere. */
    bears: Count,
    /** False: an estimate. There were too many sets of hosts, or too much to look at: the fullest were tried. */
    exact: Type.Boolean(),
    /** So many lost hosts at once were looked at; where that is `bears`, it may bear more. */
    upTo: Count,
    /** Hosts whose loss alone is not borne, and how many VMs would find no place. */
    atRisk: Type.Array(Type.Object({ hostId: Name, vms: Count }, closed)),
    /** Hosts whose loss was not looked at, since that is too much work. */
    untried: Type.Array(Name),
    /** The first loss of `bears` + 1 hosts that is not borne. Absent: none was found. */
    worst: Type.Optional(
      Type.Object(
        {
          hostIds: Type.Array(Name),
          /** VMs that would find no place. */
          vms: Count,
          /** The first of them, each with every host's reason. */
          left: Type.Array(BlockerBody),
        },
        closed,
      ),
    ),
    /** Where it was asked how many more VMs of a shape fit. */
    room: Type.Optional(
      Type.Object(
        {
          fits: Fits,
          /** As many as leave the loss of every host borne that is borne now. */
          keeping: Fits,
        },
        closed,
      ),
    ),
  },
  named('Headroom'),
);
export type HeadroomBody = Static<typeof HeadroomBody>;
