// A property's value: read, written and put into words. Knows the graph's values, no page.
import { create } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Node, type Value, ValueSchema } from '@throughline/shared/graph';

export const KINDS = ['text', 'integer', 'number', 'truth', 'time'] as const;
export type Kind = (typeof KINDS)[number];

const CASES = { stringValue: 'text', intValue: 'integer', doubleValue: 'number', boolValue: 'truth', timestampValue: 'time' } as const;

export function kindOf(value: Value): Kind {
  return value.kind.case ? CASES[value.kind.case] : 'text';
}

/** The value as it is typed in. */
export function format(value: Value | undefined): string {
  switch (value?.kind.case) {
    case undefined:
      return '';
    case 'timestampValue':
      return timestampDate(value.kind.value).toISOString();
    default:
      return String(value?.kind.value);
  }
}

/** What was typed in, as a value; or what is wrong with it. */
export function parse(kind: Kind, typed: string): Value | { readonly wrong: string } {
  switch (kind) {
    case 'text':
      return create(ValueSchema, { kind: { case: 'stringValue', value: typed } });
    case 'integer': {
      if (!/^\s*-?\d{1,19}\s*$/.test(typed)) return { wrong: 'is no whole number' };
      const value = BigInt(typed.trim());
      if (BigInt.asIntN(64, value) !== value) return { wrong: 'is too large for 64 bits' };
      return create(ValueSchema, { kind: { case: 'intValue', value } });
    }
    case 'number': {
      const value = Number(typed);
      if (!typed.trim() || !Number.isFinite(value)) return { wrong: 'is no number' };
      return create(ValueSchema, { kind: { case: 'doubleValue', value } });
    }
    case 'truth':
      if (!/^(true|false)$/.test(typed.trim())) return { wrong: 'is neither true nor false' };
      return create(ValueSchema, { kind: { case: 'boolValue', value: typed.trim() === 'true' } });
    case 'time': {
      const value = new Date(typed);
      if (Number.isNaN(value.getTime())) return { wrong: 'is no point in time, such as 2026-01-31T12:00:00Z' };
      return create(ValueSchema, { kind: { case: 'timestampValue', value: timestampFromDate(value) } });
    }
  }
}

/** What a node is called where there is little room: its id without the kind that it begins with. */
export function label(node: Pick<Node, 'id' | 'properties'>): string {
  const colon = node.id.indexOf(':');
  if (colon > 0 && colon < node.id.length - 1) return node.id.slice(colon + 1);
  return format(node.properties['name'] ?? node.properties['title']) || node.id;
}

/** Text that fits a place. */
export function short(text: string, most = 80): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** A node or edge as plain JSON, its properties by name. */
export function plain(properties: Readonly<Record<string, Value>>): Record<string, string | number | boolean> {
  const names = Object.keys(properties).sort();
  return Object.fromEntries(
    names.map((name) => {
      const kind = properties[name]?.kind;
      const exact = kind?.case === 'boolValue' || kind?.case === 'doubleValue';
      return [name, exact ? kind.value : kind?.case === 'intValue' ? safe(kind.value) : format(properties[name])];
    }),
  );
}

/** A number where it is exact, text where it is not. */
function safe(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
