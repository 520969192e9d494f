export { inspect } from './inspect.ts';
export { type Limits } from './limits.ts';
export { type Range, type Reading } from './bytes.ts';
export {
  explainRefusal,
  refusalReasons,
  type DiskFormat,
  type Inspection,
  type RefusalReason,
  type Refused,
  type SourceKind,
  type WholeDisk,
} from './inspection.ts';
