// A dropped file as a graph, whichever of the known kinds it is of. Pure.
import { readCargo } from './cargo.ts';
import { type Draft, Unreadable } from './graph.ts';
import { has, object } from './json.ts';
import { readNpm } from './npm.ts';

export function readFile(content: string): Draft {
  let json;
  try {
    json = object(JSON.parse(content));
  } catch {
    throw new Unreadable('It is no JSON. A package-lock.json or the output of “cargo metadata --format-version 1” is read.');
  }
  if (has(json, 'lockfileVersion')) return readNpm(json);
  if (has(json, 'workspace_members') && has(json, 'packages')) return readCargo(json);
  throw new Unreadable('It is neither a package-lock.json nor the output of “cargo metadata --format-version 1”.');
}
