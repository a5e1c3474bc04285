// Which of the shown nodes are let through. Knows no page.
import type { Node } from '@throughline/shared/graph';
import { format } from './value.ts';

export const COMPARATORS = [':', '=', '!=', '<', '<=', '>', '>='] as const;
export type Comparator = (typeof COMPARATORS)[number];

/** `property comparator value`; nothing asks for nothing. */
export interface Condition {
  readonly property: string;
  readonly comparator: Comparator;
  readonly value: string;
}

export interface Filter {
  /** Types that are not shown. */
  readonly hidden: readonly string[];
  readonly condition?: Condition | undefined;
}

export const NO_FILTER: Filter = { hidden: [] };

export function passes(filter: Filter, node: Node): boolean {
  return !filter.hidden.includes(node.type) && (!filter.condition || holds(filter.condition, node));
}

function holds({ property, comparator, value }: Condition, node: Node): boolean {
  const own = property === 'id' ? node.id : property === 'type' ? node.type : node.properties[property] && format(node.properties[property]);
  if (comparator === '!=') return own !== value;
  if (own === undefined) return false;
  if (comparator === ':') return own.toLowerCase().includes(value.toLowerCase());
  if (comparator === '=') return own === value;
  const order = compare(own, value);
  if (comparator === '<') return order < 0;
  if (comparator === '<=') return order <= 0;
  return comparator === '>' ? order > 0 : order >= 0;
}

/** Numbers by size, all else as text with its numbers by size. */
function compare(a: string, b: string): number {
  const [left, right] = [Number(a), Number(b)];
  if (a.trim() && b.trim() && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return a.localeCompare(b, 'en', { numeric: true });
}

/** `name >= 3`, as it stands in a link; nothing where it cannot be read. */
export function readCondition(text: string): Condition | undefined {
  const match = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*(!=|<=|>=|[:=<>])\s*(.*?)\s*$/s.exec(text);
  if (!match?.[1] || match[3] === undefined) return undefined;
  return { property: match[1], comparator: match[2] as Comparator, value: match[3] };
}

export function writeCondition({ property, comparator, value }: Condition): string {
  return `${property}${comparator}${value}`;
}
