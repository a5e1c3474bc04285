// Where the page of a node is. Any id may be in it: an address is taken apart as it was asked for, for Astro leaves some escapes of a
// path's parts as they are. Pure.

const BEFORE = '/node/';

export function nodeUrl(id: string): string {
  return BEFORE + encodeURIComponent(id);
}

/** The id that an address names; empty where its escapes are none. */
export function nodeOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname.slice(BEFORE.length));
  } catch {
    return '';
  }
}
