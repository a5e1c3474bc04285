// Reading JSON that somebody else wrote: what is not of the kind that is asked for is not there.

export type Json = Readonly<Record<string, unknown>>;

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function texts(value: unknown): string[] {
  return list(value).filter((it): it is string => typeof it === 'string');
}

/** Whether an object has a key of its own. */
export function has(value: Json, key: string): boolean {
  return Object.hasOwn(value, key);
}

/** The object under a key of its own. */
export function child(value: Json, key: string): Json {
  return has(value, key) ? object(value[key]) : {};
}
